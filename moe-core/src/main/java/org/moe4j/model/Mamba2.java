// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.List;
import java.util.stream.Stream;
import org.moe4j.format.TensorData;

/**
 * Mamba-2: a state space model with one decay a head. A row's convolved and activated {@code x},
 * {@code B} and {@code C} and its time step {@code d = limited(softplus(timeStep + bias))} change a
 * head's state {@code h}, {@code headSize x stateSize}, to {@code exp(d * rate) * h + d * x B^T};
 * the head gives {@code h C + skip * x}. What all heads give is multiplied with {@code silu(gate)},
 * normed by group, and goes into the output map.
 *
 * <p>{@code B} and {@code C} belong to groups; head {@code i} uses group {@code i / (heads /
 * groups)}.
 *
 * @param heads number of heads
 * @param headSize width of a head
 * @param groups groups of heads; divides {@code heads}
 * @param stateSize values that are kept for each value of a head
 * @param maps the linear maps
 * @param convolution over {@code x | B | C}
 * @param timeStep how time steps are made and used
 * @param norms norm of each group, in order, {@code heads * headSize / groups} values each
 * @see <a href="https://arxiv.org/abs/2405.21060">Transformers are SSMs, section 7</a>
 */
public record Mamba2(
    int heads,
    int headSize,
    int groups,
    int stateSize,
    Maps maps,
    CausalConvolution convolution,
    TimeStep timeStep,
    List<Norm> norms)
    implements SequenceMixer {

  /**
   * The linear maps.
   *
   * @param gate hidden to {@code heads x headSize}
   * @param input hidden to {@code x | B | C}: {@code heads x headSize} values and twice {@code
   *     groups x stateSize}
   * @param timeStep hidden to {@code heads}
   * @param output {@code heads x headSize} to hidden
   */
  public record Maps(Linear gate, Linear input, Linear timeStep, Linear output) {}

  /**
   * What time steps are made of, one value a head each.
   *
   * @param bias added before the softplus
   * @param rates rate of decay, negative
   * @param skip factor of {@code x} in the output
   * @param least time steps are at least this
   * @param most time steps are at most this; may be infinite
   */
  public record TimeStep(
      TensorData bias, TensorData rates, TensorData skip, float least, float most) {}

  /** Checks what the kernels rely on. */
  public Mamba2 {
    norms = List.copyOf(norms);
    if (heads < 1
        || headSize < 1
        || groups < 1
        || heads % groups != 0
        || stateSize < 1
        || norms.size() != groups
        || convolution.channels() != (long) heads * headSize + 2L * groups * stateSize) {
      throw new IllegalArgumentException(
          "%d heads of %d, %d groups of state size %d, %s, %d norms"
              .formatted(heads, headSize, groups, stateSize, convolution, norms.size()));
    }
  }

  /** The last inputs of the convolution, then the heads' states. */
  @Override
  public LayerState state() {
    return LayerState.recurrent(
        Math.addExact(
            convolution.state(),
            Math.multiplyExact(Math.multiplyExact(heads, headSize), stateSize)));
  }

  @Override
  public List<TensorData> tensors() {
    return Stream.concat(
            Stream.of(
                    maps.gate.tensors(),
                    maps.input.tensors(),
                    maps.timeStep.tensors(),
                    maps.output.tensors(),
                    convolution.tensors(),
                    List.of(timeStep.bias, timeStep.rates, timeStep.skip))
                .flatMap(List::stream),
            norms.stream().flatMap(norm -> norm.tensors().stream()))
        .toList();
  }
}
