// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import org.moe4j.format.TensorData;

/**
 * Gated feed-forward: {@code down(activation(gate(x), up(x)))}.
 *
 * @param gate hidden to intermediate
 * @param up hidden to intermediate
 * @param down intermediate to hidden
 * @param activation how the two branches are joined
 * @see <a href="https://arxiv.org/abs/2002.05202">GLU Variants Improve Transformer</a>
 */
public record GatedFeedForward(Linear gate, Linear up, Linear down, Activation activation)
    implements FeedForward {

  /**
   * With {@link Activation#SILU}.
   *
   * @param gate hidden to intermediate
   * @param up hidden to intermediate
   * @param down intermediate to hidden
   */
  public GatedFeedForward(Linear gate, Linear up, Linear down) {
    this(gate, up, down, Activation.SILU);
  }

  /** Bytes of its weights as stored. */
  public long bytes() {
    long bytes = 0;
    for (Linear linear : new Linear[] {gate, up, down}) {
      bytes += linear.tensors().stream().mapToLong(TensorData::bytes).sum();
    }
    return bytes;
  }
}
