// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.device.RotaryAngles;
import org.moe4j.model.Rotary;

/**
 * What a step needs between the parts of a sequence mixer, kept from layer to layer and step to
 * step. Used by one operation at a time.
 */
final class MixerMemory {

  final PagedAttention.Memory pages = new PagedAttention.Memory();
  private final Map<String, List<CpuRows>> rows = new HashMap<>();
  private final Map<Rotary, Angles> angles = new HashMap<>();

  /**
   * Rows for a purpose: those of the last call if they are large enough.
   *
   * @param purpose what they hold
   * @param capacity most rows
   * @param width width of a row
   */
  CpuRows rows(String purpose, int capacity, int width) {
    // Layers of one model may differ in their widths.
    List<CpuRows> kept = rows.computeIfAbsent(purpose, key -> new ArrayList<>());
    for (int i = 0; i < kept.size(); i++) {
      if (kept.get(i).width() == width) {
        CpuRows found = CpuRows.atLeast(kept.get(i), capacity, width);
        kept.set(i, found);
        return found;
      }
    }
    CpuRows made = new CpuRows(capacity, width);
    kept.add(made);
    return made;
  }

  /** Cosines and sines of a batch's rows, row-major. */
  static final class Angles {
    private float[] cosines = new float[0];
    private float[] sines = new float[0];

    private final Rotary rotary;
    private @Nullable Batch batch;

    private Angles(Rotary rotary) {
      this.rotary = rotary;
    }

    private void compute(Batch next) {
      if (next == batch) {
        return;
      }
      batch = next;
      int pairs = rotary.pairs();
      int size = Math.multiplyExact(batch.rows(), pairs);
      if (cosines.length < size) {
        cosines = new float[size];
        sines = new float[size];
      }
      for (int row = 0; row < batch.rows(); row++) {
        RotaryAngles.compute(
            rotary.forSequence(batch.announced(row)),
            batch.position(row),
            cosines,
            sines,
            row * pairs);
      }
    }

    /**
     * Rotates the heads of a row; what is beyond the pairs of a head stays.
     *
     * @param kernels what to compute with
     * @param row index of the row in the batch
     * @param x holds the row
     * @param start index of its first value
     * @param width number of values, whole heads
     * @param headSize values of a head
     */
    void rotate(Kernels kernels, int row, float[] x, int start, int width, int headSize) {
      int pairs = rotary.pairs();
      for (int i = start; i < start + width; i += headSize) {
        if (rotary.interleaved()) {
          kernels.rotation().neighbours(x, i, pairs, cosines, sines, row * pairs);
        } else {
          kernels.rotation().halves(x, i, pairs, cosines, sines, row * pairs);
        }
      }
    }
  }

  /** The angles of a batch's rows, computed once for all layers that rotate alike. */
  Angles angles(Batch next, Rotary rotary) {
    Angles found = angles.computeIfAbsent(rotary, Angles::new);
    found.compute(next);
    return found;
  }
}
