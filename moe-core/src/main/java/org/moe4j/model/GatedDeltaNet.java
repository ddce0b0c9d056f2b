// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.List;
import java.util.stream.Stream;
import org.moe4j.format.TensorData;

/**
 * Linear attention by the gated delta rule. A row's convolved and activated query, key and value
 * change a head's state {@code S}, {@code keySize x valueSize}, to {@code S' = a S} and then to
 * {@code S' + k (b (v - S'^T k))^T}; the head gives {@code S^T q}, normed and multiplied with
 * {@code silu(gate)}. Queries and keys are divided by {@code sqrt(sum of squares + 1e-6)}, queries
 * also by the root of their size; {@code a = exp(rate * softplus(decay + bias))} and {@code b =
 * sigmoid(beta)}.
 *
 * @param keyHeads heads of queries and keys
 * @param valueHeads heads of values, each with a state of its own; a multiple of {@code keyHeads}
 * @param keySize width of a query or key head
 * @param valueSize width of a value head
 * @param interleaved whether value head {@code i} uses key head {@code i % keyHeads}; otherwise it
 *     is {@code i / (valueHeads / keyHeads)}
 * @param maps the linear maps
 * @param convolution over queries, keys and values
 * @param decayBias added to the decay's logit, one value a value head
 * @param rates rate of decay, negative, one value a value head
 * @param norm norm of a head's output
 * @see <a href="https://arxiv.org/abs/2412.06464">Gated Delta Networks: Improving Mamba2 with Delta
 *     Rule</a>
 */
public record GatedDeltaNet(
    int keyHeads,
    int valueHeads,
    int keySize,
    int valueSize,
    boolean interleaved,
    Maps maps,
    CausalConvolution convolution,
    TensorData decayBias,
    TensorData rates,
    Norm norm)
    implements SequenceMixer {

  /** Added to the sum of squares of a query or a key. */
  public static final float EPSILON = 1e-6f;

  /**
   * The linear maps.
   *
   * @param input hidden to queries, keys and values, one after the other
   * @param gate hidden to {@code valueHeads x valueSize}
   * @param beta hidden to {@code valueHeads}
   * @param decay hidden to {@code valueHeads}
   * @param output {@code valueHeads x valueSize} to hidden
   */
  public record Maps(Linear input, Linear gate, Linear beta, Linear decay, Linear output) {}

  /** Checks what the kernels rely on. */
  public GatedDeltaNet {
    if (keyHeads < 1
        || valueHeads < 1
        || valueHeads % keyHeads != 0
        || keySize < 1
        || valueSize < 1
        || convolution.channels() != 2L * keyHeads * keySize + (long) valueHeads * valueSize) {
      throw new IllegalArgumentException(
          "%d key heads of %d, %d value heads of %d, %s"
              .formatted(keyHeads, keySize, valueHeads, valueSize, convolution));
    }
  }

  /**
   * The key head that a value head uses.
   *
   * @param valueHead {@code 0 <= valueHead < valueHeads}
   */
  public int keyHead(int valueHead) {
    return interleaved ? valueHead % keyHeads : valueHead / (valueHeads / keyHeads);
  }

  /** The last inputs of the convolution, then the heads' states. */
  @Override
  public LayerState state() {
    return LayerState.recurrent(
        Math.addExact(
            convolution.state(),
            Math.multiplyExact(Math.multiplyExact(valueHeads, valueSize), keySize)));
  }

  @Override
  public List<TensorData> tensors() {
    return Stream.of(
            maps.input.tensors(),
            maps.gate.tensors(),
            maps.beta.tensors(),
            maps.decay.tensors(),
            maps.output.tensors(),
            convolution.tensors(),
            List.of(decayBias, rates),
            norm.tensors())
        .flatMap(List::stream)
        .toList();
  }
}
