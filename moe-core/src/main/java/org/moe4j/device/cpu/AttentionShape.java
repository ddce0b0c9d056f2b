// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;
import org.moe4j.model.Reach;

/**
 * Attention of one shape.
 *
 * @param heads query heads
 * @param kvHeads key-value heads; divides {@code heads}
 * @param keySize width of a query or key head
 * @param valueSize width of a value head
 * @param reach what a position sees
 * @param sinks a logit a query head that takes part in the softmax without a value, or null
 */
@SuppressWarnings("ArrayRecordComponent") // Neither compared nor printed.
record AttentionShape(
    int heads, int kvHeads, int keySize, int valueSize, Reach reach, float @Nullable [] sinks) {

  /** Query heads that share a key-value head. */
  int group() {
    return heads / kvHeads;
  }
}
