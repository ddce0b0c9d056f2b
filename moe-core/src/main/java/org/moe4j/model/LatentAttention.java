// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.format.TensorData;

/**
 * Multi-head latent attention: a position is remembered as one latent row, from which every head
 * makes its keys and values, and one rotated key that all heads share.
 *
 * <p>A query head has a plain and a rotated part. Its plain part meets {@code keyUp[head]^T c} for
 * a latent {@code c}; that is the same as {@code keyUp[head] q} meeting {@code c}. So devices take
 * queries into the latent space, attend there with the latents as keys and values of a single head,
 * and apply {@code valueUp[head]} to what comes out: keys and values of the heads are never made,
 * and a position costs {@code latentSize + rotarySize} and {@code latentSize} values.
 *
 * @param heads query heads
 * @param plainSize width of the part of a query head that is not rotated
 * @param rotarySize width of the rotated part, which follows it; twice the pairs of {@code rotary}
 * @param valueSize width of a value head
 * @param latentSize width of a latent
 * @param maps the linear maps
 * @param queryNorm norm between {@link Maps#queryDown} and {@link Maps#query}, or null
 * @param latentNorm norm of the latents
 * @param rotary how the rotated parts are rotated by position
 * @param scale factor of the dot products
 * @see <a href="https://arxiv.org/abs/2405.04434">DeepSeek-V2, section 2.1</a>
 */
public record LatentAttention(
    int heads,
    int plainSize,
    int rotarySize,
    int valueSize,
    int latentSize,
    Maps maps,
    @Nullable Norm queryNorm,
    Norm latentNorm,
    Rotary rotary,
    float scale)
    implements SequenceMixer {

  /**
   * The linear maps.
   *
   * @param queryDown hidden to what {@code query} reads, or null if that is the hidden row itself
   * @param query to {@code heads x (plainSize + rotarySize)}
   * @param latent hidden to {@code latentSize + rotarySize}: the latent before its norm, and the
   *     shared key before its rotation
   * @param keyUp a map a head, {@code plainSize} to {@code latentSize}, without bias
   * @param valueUp a map a head, {@code latentSize} to {@code valueSize}, without bias
   * @param output {@code heads x valueSize} to hidden
   */
  public record Maps(
      @Nullable Linear queryDown,
      Linear query,
      Linear latent,
      List<Linear> keyUp,
      List<Linear> valueUp,
      Linear output) {

    /** Copies the lists. */
    public Maps {
      keyUp = List.copyOf(keyUp);
      valueUp = List.copyOf(valueUp);
    }
  }

  /** Checks what the kernels rely on. */
  public LatentAttention {
    if (heads < 1 || plainSize < 1 || valueSize < 1 || latentSize < 1) {
      throw new IllegalArgumentException(
          "heads %d, plain size %d, value size %d, latent size %d"
              .formatted(heads, plainSize, valueSize, latentSize));
    }
    if (rotarySize != 2 * rotary.pairs()) {
      throw new IllegalArgumentException(
          "rotary size %d, pairs %d".formatted(rotarySize, rotary.pairs()));
    }
    requireEach("key", maps.keyUp, heads, latentSize, plainSize);
    requireEach("value", maps.valueUp, heads, valueSize, latentSize);
  }

  private static void requireEach(
      String what, List<Linear> maps, int heads, int outputs, int inputs) {
    if (maps.size() != heads) {
      throw new IllegalArgumentException(
          "%d heads, %d maps of %ss".formatted(heads, maps.size(), what));
    }
    for (Linear map : maps) {
      if (map.outputs() != outputs || map.inputs() != inputs || map.bias() != null) {
        throw new IllegalArgumentException(
            "expected %d x %d without bias for a head's %ss, got %s"
                .formatted(outputs, inputs, what, map));
      }
    }
  }

  /** Width of a query head. */
  public int querySize() {
    return plainSize + rotarySize;
  }

  /** Width of what is remembered as key: a latent and the shared rotated key. */
  public int keySize() {
    return latentSize + rotarySize;
  }

  @Override
  public LayerState state() {
    return new LayerState(1, keySize(), latentSize);
  }

  @Override
  public List<TensorData> tensors() {
    List<TensorData> all = new ArrayList<>();
    if (maps.queryDown != null) {
      all.addAll(maps.queryDown.tensors());
    }
    if (queryNorm != null) {
      all.addAll(queryNorm.tensors());
    }
    all.addAll(maps.query.tensors());
    all.addAll(maps.latent.tensors());
    all.addAll(latentNorm.tensors());
    maps.keyUp.forEach(map -> all.addAll(map.tensors()));
    maps.valueUp.forEach(map -> all.addAll(map.tensors()));
    all.addAll(maps.output.tensors());
    return all;
  }
}
