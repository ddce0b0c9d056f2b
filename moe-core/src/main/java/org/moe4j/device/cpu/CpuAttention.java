// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.model.Attention;

/** Causal attention with grouped key-value heads: {@link PagedAttention} between its maps. */
final class CpuAttention implements CpuMixer {

  private final Attention spec;
  private final CpuLinear query;
  private final CpuLinear key;
  private final @Nullable CpuLinear value;
  private final @Nullable CpuLinear gate;
  private final CpuLinear output;
  private final @Nullable CpuNorm queryNorm;
  private final @Nullable CpuNorm keyNorm;
  private final @Nullable CpuNorm valueNorm;
  private final PagedAttention attention;

  CpuAttention(Attention spec, NativeMemory memory, Loops loops) {
    this.spec = spec;
    Attention.Maps maps = spec.maps();
    query = CpuLinear.load(maps.query(), memory, loops);
    key = CpuLinear.load(maps.key(), memory, loops);
    value = maps.value() == null ? null : CpuLinear.load(maps.value(), memory, loops);
    gate = maps.gate() == null ? null : CpuLinear.load(maps.gate(), memory, loops);
    output = CpuLinear.load(maps.output(), memory, loops);
    queryNorm = CpuNorm.loadIfAny(spec.norms().query());
    keyNorm = CpuNorm.loadIfAny(spec.norms().key());
    valueNorm = CpuNorm.loadIfAny(spec.norms().value());
    attention =
        new PagedAttention(
            new AttentionShape(
                spec.heads(),
                spec.kvHeads(),
                spec.headSize(),
                spec.headSize(),
                spec.reach(),
                spec.sinks() == null ? null : CpuLinear.values(spec.sinks())));
  }

  @Override
  public void apply(
      Workers workers, MixerMemory memory, int layer, Batch batch, CpuRows in, CpuRows out) {
    int rows = batch.rows();
    int capacity = in.capacity();
    int queryWidth = spec.heads() * spec.headSize();
    int keyWidth = spec.kvHeads() * spec.headSize();
    CpuRows queries = memory.rows("queries", capacity, queryWidth);
    CpuRows keys = memory.rows("keys", capacity, keyWidth);
    CpuRows values = memory.rows("values", capacity, keyWidth);
    CpuRows gates = gate == null ? null : memory.rows("gates", capacity, queryWidth);
    CpuRows mixed = memory.rows("mixed", capacity, queryWidth);
    workers.linears(
        new @Nullable CpuLinear[] {query, key, value, gate},
        rows,
        in,
        new @Nullable CpuRows[] {queries, keys, values, gates});
    MixerMemory.Angles angles = spec.rotary() == null ? null : memory.angles(batch, spec.rotary());
    workers.runRows(
        rows,
        (worker, from, to) -> {
          float[] lanes = workers.scratch(worker).lanes;
          for (int row = (int) from; row < to; row++) {
            if (value == null) {
              System.arraycopy(
                  keys.values(), row * keyWidth, values.values(), row * keyWidth, keyWidth);
            }
            prepare(workers.kernels(), angles, row, queries, queryNorm, lanes);
            prepare(workers.kernels(), angles, row, keys, keyNorm, lanes);
            if (valueNorm != null) {
              valueNorm.applyToPieces(
                  workers.kernels(), values.values(), row * keyWidth, keyWidth, lanes);
            }
            clip(values.values(), row * keyWidth, keyWidth);
            workers
                .kernels()
                .rows()
                .scale(factor(batch.position(row)), queries.values(), row * queryWidth, queryWidth);
          }
        });
    attention.apply(workers, memory.pages, layer, batch, queries, keys, values, mixed);
    if (gates != null) {
      workers.runRows(
          rows,
          (worker, from, to) ->
              workers
                  .kernels()
                  .rows()
                  .scaleBySigmoid(
                      gates.values(),
                      (int) from * queryWidth,
                      mixed.values(),
                      (int) from * queryWidth,
                      (int) (to - from) * queryWidth));
      mixed.written();
    }
    workers.linear(output, rows, mixed, out);
  }

  private float factor(int position) {
    return spec.temperature() == null
        ? spec.scale()
        : spec.scale() * spec.temperature().at(position);
  }

  /** Clips, norms and rotates the queries or the keys of a row. */
  private void prepare(
      Kernels kernels,
      MixerMemory.@Nullable Angles angles,
      int row,
      CpuRows rows,
      @Nullable CpuNorm norm,
      float[] lanes) {
    float[] x = rows.values();
    int width = rows.width();
    int start = row * width;
    boolean normLast = spec.norms().afterRotary();
    if (norm != null && !normLast) {
      norm.applyToPieces(kernels, x, start, width, lanes);
    }
    clip(x, start, width);
    if (angles != null) {
      angles.rotate(kernels, row, x, start, width, spec.headSize());
    }
    if (norm != null && normLast) {
      norm.applyToPieces(kernels, x, start, width, lanes);
    }
  }

  private void clip(float[] x, int at, int count) {
    float clip = spec.clip();
    if (clip > 0) {
      for (int i = at; i < at + count; i++) {
        x[i] = Math.min(Math.max(x[i], -clip), clip);
      }
    }
  }
}
