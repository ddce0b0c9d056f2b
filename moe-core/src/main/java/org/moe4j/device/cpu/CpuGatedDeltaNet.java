// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.model.GatedDeltaNet;

/** The gated delta rule; its heads are spread over the threads, the rows of each go in order. */
final class CpuGatedDeltaNet implements CpuMixer {

  private final GatedDeltaNet spec;
  private final CpuLinear input;
  private final CpuLinear gate;
  private final CpuLinear beta;
  private final CpuLinear decay;
  private final CpuLinear output;
  private final CpuConvolution convolution;
  private final float[] decayBias;
  private final float[] rates;
  private final CpuNorm norm;
  private final HeadStates states;

  CpuGatedDeltaNet(GatedDeltaNet spec, NativeMemory memory, Loops loops) {
    this.spec = spec;
    input = CpuLinear.load(spec.maps().input(), memory, loops);
    gate = CpuLinear.load(spec.maps().gate(), memory, loops);
    beta = CpuLinear.load(spec.maps().beta(), memory, loops);
    decay = CpuLinear.load(spec.maps().decay(), memory, loops);
    output = CpuLinear.load(spec.maps().output(), memory, loops);
    convolution = new CpuConvolution(spec.convolution(), true);
    decayBias = CpuLinear.values(spec.decayBias());
    rates = CpuLinear.values(spec.rates());
    norm = CpuNorm.load(spec.norm());
    states =
        new HeadStates(
            spec.convolution().state(), spec.valueHeads(), spec.keySize(), spec.valueSize());
  }

  @Override
  public void apply(
      Workers workers, MixerMemory memory, int layer, Batch batch, CpuRows in, CpuRows out) {
    int rows = batch.rows();
    int heads = spec.valueHeads();
    int width = heads * spec.valueSize();
    int channels = spec.convolution().channels();
    CpuRows inputs = memory.rows("inputs", in.capacity(), channels);
    CpuRows gates = memory.rows("gates", in.capacity(), width);
    CpuRows betas = memory.rows("betas", in.capacity(), heads);
    CpuRows decays = memory.rows("decays", in.capacity(), heads);
    CpuRows convolved = memory.rows("convolved", in.capacity(), channels);
    CpuRows mixed = memory.rows("mixed", in.capacity(), width);
    workers.linears(
        new @Nullable CpuLinear[] {input, gate, beta, decay},
        rows,
        in,
        new @Nullable CpuRows[] {inputs, gates, betas, decays});
    convolution.apply(workers, layer, batch, inputs, convolved);
    float[] x = convolved.values();
    workers.runRows(
        rows,
        (worker, from, to) -> {
          float[] lanes = workers.scratch(worker).lanes;
          for (int row = (int) from; row < to; row++) {
            normalise(workers.kernels().rows(), x, row * channels, lanes);
          }
          for (int i = (int) from * heads; i < (int) to * heads; i++) {
            step(betas.values(), decays.values(), i, i % heads);
          }
        });
    int keys = spec.keyHeads() * spec.keySize();
    states.run(
        workers,
        layer,
        batch,
        (row, head, column, state, at, columns) -> {
          int q = row * channels + spec.keyHead(head) * spec.keySize();
          int own = head * spec.valueSize() + column;
          workers
              .kernels()
              .recurrence()
              .deltaRule(
                  decays.values()[row * heads + head],
                  betas.values()[row * heads + head],
                  x,
                  q,
                  q + keys,
                  row * channels + 2 * keys + own,
                  spec.keySize(),
                  state,
                  at,
                  columns,
                  mixed.values(),
                  row * width + own);
        });
    workers.runRows(
        rows,
        (worker, from, to) -> {
          float[] lanes = workers.scratch(worker).lanes;
          for (int row = (int) from; row < to; row++) {
            int at = row * width;
            norm.applyToPieces(workers.kernels(), mixed.values(), at, width, lanes);
            workers.kernels().rows().gate(gates.values(), mixed.values(), at, width);
          }
        });
    gates.written();
    workers.linear(output, rows, gates, out);
  }

  /** Divides queries and keys by their lengths, queries also by the root of their size. */
  private void normalise(RowMath math, float[] x, int start, float[] lanes) {
    int size = spec.keySize();
    int heads = spec.keyHeads();
    for (int i = 0; i < 2 * heads; i++) {
      int at = start + i * size;
      double squares = math.squares(x, at, size, lanes) + (double) GatedDeltaNet.EPSILON;
      math.scale((float) (1 / Math.sqrt(i < heads ? squares * size : squares)), x, at, size);
    }
  }

  /** Turns logits into the share that is corrected and what is left of the state. */
  private void step(float[] betas, float[] decays, int at, int head) {
    betas[at] = 1 / (1 + Exponential.of(-betas[at]));
    decays[at] = Exponential.of(Exponential.softplus(decays[at] + decayBias[head]) * rates[head]);
  }
}
