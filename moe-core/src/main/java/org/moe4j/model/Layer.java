// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

/**
 * One layer: {@code h = x + mixer(mixerNorm(x)); out = h + feedForward(feedForwardNorm(h))}.
 *
 * @param mixerNorm norm before the sequence mixer
 * @param mixer what exchanges information between positions
 * @param feedForwardNorm norm before the feed-forward
 * @param feedForward what works on each position alone
 */
public record Layer(
    Norm mixerNorm, SequenceMixer mixer, Norm feedForwardNorm, FeedForward feedForward) {}
