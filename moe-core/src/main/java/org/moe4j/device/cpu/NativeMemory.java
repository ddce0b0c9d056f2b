// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory for weights, in large pieces from which handles get theirs one after the other; all of it
 * is freed together. Safe for many threads.
 */
final class NativeMemory implements AutoCloseable {

  private static final long LARGEST_PIECE = 64L << 20;

  private final Arena arena = Arena.ofShared();
  private MemorySegment piece = MemorySegment.NULL;
  private long used;
  private long nextPiece = HugePages.SIZE;
  private long allocated;

  /**
   * Allocates zeroed memory.
   *
   * @param bytes how many
   * @return its address, a multiple of 64
   */
  synchronized long allocate(long bytes) {
    long size = Native.room(bytes);
    if (size > piece.byteSize() - used) {
      piece = HugePages.allocate(Math.max(size, nextPiece), arena);
      used = 0;
      nextPiece = Math.min(2 * nextPiece, LARGEST_PIECE);
    }
    MemorySegment given = piece.asSlice(used, bytes);
    used += size;
    allocated += size;
    return Native.register(given);
  }

  /** Bytes that were allocated so far. */
  synchronized long allocated() {
    return allocated;
  }

  @Override
  public synchronized void close() {
    arena.close();
  }
}
