// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import org.moe4j.format.TensorData;

/**
 * Root mean square norm: {@code y = x / sqrt(mean(x^2) + epsilon) * weight}.
 *
 * @param weight one factor a column
 * @param epsilon added to the mean square
 * @see <a href="https://arxiv.org/abs/1910.07467">Root Mean Square Layer Normalization</a>
 */
public record Norm(TensorData weight, float epsilon) {}
