// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Anonymous memory for which the kernel is asked to use huge pages: weights are read about twice as
 * fast from it. On Linux through {@link MemoryCalls}; elsewhere, or where these are refused,
 * ordinary memory of the arena.
 */
final class HugePages {

  /** Size and alignment of a huge page on the processors that this is for. */
  static final long SIZE = 2L << 20;

  private static final @Nullable MemoryCalls CALLS = MemoryCalls.find().orElse(null);

  private HugePages() {}

  /**
   * Allocates zeroed memory that lives as long as the arena.
   *
   * @param bytes how many; rounded up to whole huge pages
   * @param arena a shared arena
   * @return memory that begins at a multiple of {@link #SIZE}
   * @throws OutOfMemoryError if there is not enough
   */
  static MemorySegment allocate(long bytes, Arena arena) {
    long size = Math.multiplyExact(Math.ceilDiv(bytes, SIZE), SIZE);
    if (CALLS == null) {
      return arena.allocate(size, SIZE);
    }
    // One page more than asked for, so that an aligned stretch is inside whatever address comes
    // back.
    long reserved = Math.addExact(size, SIZE);
    long start = CALLS.map(reserved);
    if (start == MemoryCalls.FAILED) {
      throw new OutOfMemoryError("cannot map " + reserved + " bytes");
    }
    long aligned = Math.ceilDiv(start, SIZE) * SIZE;
    CALLS.adviseHugePages(aligned, size);
    return MemorySegment.ofAddress(aligned)
        .reinterpret(size, arena, segment -> CALLS.unmap(start, reserved));
  }
}
