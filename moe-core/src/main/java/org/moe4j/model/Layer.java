// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import org.jspecify.annotations.Nullable;

/**
 * One layer: {@code h = x + scale * outNorm(mixer(norm(x)))}, then the same with the feed-forward,
 * then {@code out = outputScale * h}.
 *
 * @param mixerNorm norm before the sequence mixer
 * @param mixer what exchanges information between positions
 * @param mixerOutputNorm norm after the sequence mixer, or null
 * @param feedForwardNorm norm before the feed-forward
 * @param feedForward what works on each position alone
 * @param feedForwardOutputNorm norm after the feed-forward, or null
 * @param residualScale factor of both branches before they are added to the residual stream
 * @param outputScale factor of the layer's output
 */
public record Layer(
    Norm mixerNorm,
    SequenceMixer mixer,
    @Nullable Norm mixerOutputNorm,
    Norm feedForwardNorm,
    FeedForward feedForward,
    @Nullable Norm feedForwardOutputNorm,
    float residualScale,
    float outputScale) {

  /**
   * A layer without norms after its branches or factors.
   *
   * @param mixerNorm norm before the sequence mixer
   * @param mixer what exchanges information between positions
   * @param feedForwardNorm norm before the feed-forward
   * @param feedForward what works on each position alone
   */
  public Layer(Norm mixerNorm, SequenceMixer mixer, Norm feedForwardNorm, FeedForward feedForward) {
    this(mixerNorm, mixer, null, feedForwardNorm, feedForward, null, 1, 1);
  }
}
