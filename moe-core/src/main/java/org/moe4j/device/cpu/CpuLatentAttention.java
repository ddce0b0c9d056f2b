// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.model.LatentAttention;
import org.moe4j.model.Reach;

/** Latent attention: {@link PagedAttention} in the latent space, between the heads' own maps. */
final class CpuLatentAttention implements CpuMixer {

  private final LatentAttention spec;
  private final @Nullable CpuLinear queryDown;
  private final @Nullable CpuNorm queryNorm;
  private final CpuLinear query;
  private final CpuLinear latent;
  private final CpuNorm latentNorm;
  private final HeadMaps keyUp;
  private final HeadMaps valueUp;
  private final CpuLinear output;
  private final PagedAttention attention;

  CpuLatentAttention(LatentAttention spec, NativeMemory memory, Loops loops) {
    this.spec = spec;
    LatentAttention.Maps maps = spec.maps();
    queryDown = maps.queryDown() == null ? null : CpuLinear.load(maps.queryDown(), memory, loops);
    queryNorm = CpuNorm.loadIfAny(spec.queryNorm());
    query = CpuLinear.load(maps.query(), memory, loops);
    latent = CpuLinear.load(maps.latent(), memory, loops);
    latentNorm = CpuNorm.load(spec.latentNorm());
    keyUp = HeadMaps.load(maps.keyUp(), memory, loops);
    valueUp = HeadMaps.load(maps.valueUp(), memory, loops);
    output = CpuLinear.load(maps.output(), memory, loops);
    attention =
        new PagedAttention(
            new AttentionShape(
                spec.heads(), 1, spec.keySize(), spec.latentSize(), Reach.ALL, null));
  }

  @Override
  public void apply(
      Workers workers, MixerMemory memory, int layer, Batch batch, CpuRows in, CpuRows out) {
    int rows = batch.rows();
    int capacity = in.capacity();
    int heads = spec.heads();
    int ofHeads = Math.multiplyExact(heads, capacity);
    CpuRows projected = memory.rows("latent queries", capacity, heads * spec.querySize());
    CpuRows keys = memory.rows("latent keys", capacity, spec.keySize());
    project(workers, memory, rows, in, projected, keys);

    CpuRows plain = memory.rows("plain queries", ofHeads, spec.plainSize());
    workers.runRows(rows, (worker, from, to) -> splitHeads(rows, from, to, projected, plain));
    plain.written();
    CpuRows latents = memory.rows("latents by head", ofHeads, spec.latentSize());
    keyUp.apply(workers, rows, plain, latents);

    CpuRows queries = memory.rows("joint queries", capacity, heads * spec.keySize());
    CpuRows values = memory.rows("latents", capacity, spec.latentSize());
    MixerMemory.Angles angles = memory.angles(batch, spec.rotary());
    workers.runRows(
        rows,
        (worker, from, to) -> {
          Kernels kernels = workers.kernels();
          for (int row = (int) from; row < to; row++) {
            joinQuery(kernels, angles, rows, row, projected, latents, queries);
            finishKey(kernels, angles, row, keys, values, workers.scratch(worker).lanes);
          }
        });
    CpuRows mixed = memory.rows("mixed latents", capacity, heads * spec.latentSize());
    attention.apply(workers, memory.pages, layer, batch, queries, keys, values, mixed);

    byHead(workers, rows, mixed, latents, true);
    CpuRows raised = memory.rows("values by head", ofHeads, spec.valueSize());
    valueUp.apply(workers, rows, latents, raised);
    CpuRows joined = memory.rows("joined values", capacity, heads * spec.valueSize());
    byHead(workers, rows, joined, raised, false);
    workers.linear(output, rows, joined, out);
  }

  /** Queries, latents and shared keys, before all else. */
  private void project(
      Workers workers, MixerMemory memory, int rows, CpuRows in, CpuRows queries, CpuRows keys) {
    if (queryDown == null) {
      workers.linears(new CpuLinear[] {query, latent}, rows, in, new CpuRows[] {queries, keys});
      return;
    }
    int width = queryDown.tiles().outputs();
    CpuRows down = memory.rows("compressed queries", in.capacity(), width);
    workers.linears(new CpuLinear[] {queryDown, latent}, rows, in, new CpuRows[] {down, keys});
    CpuNorm norm = queryNorm;
    if (norm != null) {
      workers.runRows(
          rows,
          (worker, from, to) ->
              norm.applyToPieces(
                  workers.kernels(),
                  down.values(),
                  (int) from * width,
                  (int) (to - from) * width,
                  workers.scratch(worker).lanes));
      down.written();
    }
    workers.linear(query, rows, down, queries);
  }

  /** Copies the plain parts of some rows' queries to the rows of their heads. */
  private void splitHeads(int rows, long first, long end, CpuRows queries, CpuRows plain) {
    int heads = spec.heads();
    int size = spec.plainSize();
    for (int row = (int) first; row < end; row++) {
      for (int head = 0; head < heads; head++) {
        System.arraycopy(
            queries.values(),
            (row * heads + head) * spec.querySize(),
            plain.values(),
            (head * rows + row) * size,
            size);
      }
    }
  }

  /** Puts the parts of a row's queries together, rotated and scaled. */
  private void joinQuery(
      Kernels kernels,
      MixerMemory.Angles angles,
      int rows,
      int row,
      CpuRows projected,
      CpuRows absorbed,
      CpuRows queries) {
    int heads = spec.heads();
    int latentSize = spec.latentSize();
    float[] to = queries.values();
    for (int head = 0; head < heads; head++) {
      int at = (row * heads + head) * spec.keySize();
      System.arraycopy(absorbed.values(), (head * rows + row) * latentSize, to, at, latentSize);
      System.arraycopy(
          projected.values(),
          (row * heads + head) * spec.querySize() + spec.plainSize(),
          to,
          at + latentSize,
          spec.rotarySize());
      rotate(kernels, angles, row, to, at + latentSize);
    }
    kernels.rows().scale(spec.scale(), to, row * queries.width(), queries.width());
  }

  /** Norms a row's latent, which is its value too, and rotates the shared key behind it. */
  private void finishKey(
      Kernels kernels,
      MixerMemory.Angles angles,
      int row,
      CpuRows keys,
      CpuRows values,
      float[] lanes) {
    float[] x = keys.values();
    int at = row * spec.keySize();
    int latentSize = spec.latentSize();
    latentNorm.apply(kernels, x, at, x, at, lanes);
    rotate(kernels, angles, row, x, at + latentSize);
    System.arraycopy(x, at, values.values(), row * latentSize, latentSize);
  }

  private void rotate(Kernels kernels, MixerMemory.Angles angles, int row, float[] x, int at) {
    int size = spec.rotarySize();
    angles.rotate(kernels, row, x, at, size, size);
  }

  /**
   * Copies between rows that hold all heads side by side and rows of each head.
   *
   * @param whole {@code rows} rows of all heads
   * @param each {@code heads x rows} rows
   * @param split whether {@code each} is written, else {@code whole}
   */
  private void byHead(Workers workers, int rows, CpuRows whole, CpuRows each, boolean split) {
    int heads = spec.heads();
    int size = each.width();
    workers.runRows(
        rows,
        (worker, from, to) -> {
          for (int row = (int) from; row < to; row++) {
            for (int head = 0; head < heads; head++) {
              int side = (row * heads + head) * size;
              int own = (head * rows + row) * size;
              if (split) {
                System.arraycopy(whole.values(), side, each.values(), own, size);
              } else {
                System.arraycopy(each.values(), own, whole.values(), side, size);
              }
            }
          }
        });
    (split ? each : whole).written();
  }
}
