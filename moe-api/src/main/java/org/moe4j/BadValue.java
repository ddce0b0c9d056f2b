// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/**
 * A weight that is no finite number. A quantised block whose scale is none counts from its first
 * element on.
 *
 * @param tensor name of the tensor in the file
 * @param index place of its first such element, counted row by row from 0
 * @param value NaN or an infinity
 */
public record BadValue(String tensor, long index, float value) {}
