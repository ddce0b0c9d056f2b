// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.model.Mamba2;

/** A Mamba-2 mixer; its heads are spread over the threads, the rows of each go in order. */
final class CpuMamba2 implements CpuMixer {

  private final Mamba2 spec;
  private final CpuLinear gate;
  private final CpuLinear input;
  private final CpuLinear timeStep;
  private final CpuLinear output;
  private final CpuConvolution convolution;
  private final float[] bias;
  private final float[] rates;
  private final float[] skip;
  private final List<CpuNorm> norms;
  private final HeadStates states;

  CpuMamba2(Mamba2 spec, NativeMemory memory, Loops loops) {
    this.spec = spec;
    gate = CpuLinear.load(spec.maps().gate(), memory, loops);
    input = CpuLinear.load(spec.maps().input(), memory, loops);
    timeStep = CpuLinear.load(spec.maps().timeStep(), memory, loops);
    output = CpuLinear.load(spec.maps().output(), memory, loops);
    convolution = new CpuConvolution(spec.convolution(), true);
    bias = CpuLinear.values(spec.timeStep().bias());
    rates = CpuLinear.values(spec.timeStep().rates());
    skip = CpuLinear.values(spec.timeStep().skip());
    norms = spec.norms().stream().map(CpuNorm::load).toList();
    states =
        new HeadStates(spec.convolution().state(), spec.heads(), spec.stateSize(), spec.headSize());
  }

  @Override
  public void apply(
      Workers workers, MixerMemory memory, int layer, Batch batch, CpuRows in, CpuRows out) {
    int rows = batch.rows();
    int heads = spec.heads();
    int width = heads * spec.headSize();
    int channels = spec.convolution().channels();
    CpuRows gates = memory.rows("gates", in.capacity(), width);
    CpuRows inputs = memory.rows("inputs", in.capacity(), channels);
    CpuRows convolved = memory.rows("convolved", in.capacity(), channels);
    CpuRows steps = memory.rows("steps", in.capacity(), heads);
    CpuRows decays = memory.rows("decays", in.capacity(), heads);
    CpuRows mixed = memory.rows("mixed", in.capacity(), width);
    workers.linears(
        new @Nullable CpuLinear[] {gate, input, timeStep},
        rows,
        in,
        new @Nullable CpuRows[] {gates, inputs, steps});
    convolution.apply(workers, layer, batch, inputs, convolved);
    workers.runRows(
        rows,
        (worker, from, to) -> {
          for (int i = (int) from * heads; i < (int) to * heads; i++) {
            step(steps.values(), decays.values(), i, i % heads);
          }
        });
    float[] x = convolved.values();
    int group = heads / spec.groups();
    states.run(
        workers,
        layer,
        batch,
        (row, head, column, state, at, columns) -> {
          int start = row * channels;
          int own = head * spec.headSize() + column;
          int b = start + width + head / group * spec.stateSize();
          int y = row * width + own;
          workers
              .kernels()
              .recurrence()
              .stateSpace(
                  decays.values()[row * heads + head],
                  steps.values()[row * heads + head],
                  x,
                  start + own,
                  b,
                  b + spec.groups() * spec.stateSize(),
                  spec.stateSize(),
                  state,
                  at,
                  columns,
                  mixed.values(),
                  y);
          workers
              .kernels()
              .rows()
              .addScaled(skip[head], x, start + own, mixed.values(), y, columns);
        });
    workers.runRows(
        rows,
        (worker, from, to) -> {
          float[] lanes = workers.scratch(worker).lanes;
          for (int row = (int) from; row < to; row++) {
            int at = row * width;
            workers.kernels().rows().gate(gates.values(), mixed.values(), at, width);
            for (CpuNorm norm : norms) {
              norm.apply(workers.kernels(), gates.values(), at, gates.values(), at, lanes);
              at += norm.width();
            }
          }
        });
    gates.written();
    workers.linear(output, rows, gates, out);
  }

  /** Turns a logit into a time step and what the step leaves of the state. */
  private void step(float[] steps, float[] decays, int at, int head) {
    float step = Exponential.softplus(steps[at] + bias[head]);
    steps[at] = Math.clamp(step, spec.timeStep().least(), spec.timeStep().most());
    decays[at] = Exponential.of(steps[at] * rates[head]);
  }
}
