// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

/**
 * Gated feed-forward: {@code down(silu(gate(x)) * up(x))}, with {@code silu(z) = z / (1 +
 * exp(-z))}.
 *
 * @param gate hidden to intermediate
 * @param up hidden to intermediate
 * @param down intermediate to hidden
 * @see <a href="https://arxiv.org/abs/2002.05202">GLU Variants Improve Transformer</a>
 */
public record GatedFeedForward(Linear gate, Linear up, Linear down) implements FeedForward {}
