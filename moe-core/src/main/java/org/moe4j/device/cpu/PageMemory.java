// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Memory for pages of sequences: equal pieces of stretches that are asked to be {@linkplain
 * HugePages huge pages}, because a long sequence is read as fast as weights are. A stretch goes
 * back to the system when all its pieces were given back. Any thread may use it.
 */
final class PageMemory {

  /** Bytes of a stretch, unless a page is larger. */
  private static final long STRETCH = 8L << 20;

  private final List<Stretch> stretches = new ArrayList<>();

  /** A piece for one page. */
  static final class Piece {
    private final Stretch stretch;
    private final long start;
    private final MemorySegment segment;

    private Piece(Stretch stretch, long start, long bytes) {
      this.stretch = stretch;
      this.start = start;
      segment = stretch.memory.asSlice(start, bytes);
    }

    /** The memory; its address is a multiple of 64. */
    MemorySegment segment() {
      return segment;
    }
  }

  private static final class Stretch {
    final Arena arena = Arena.ofShared();
    final MemorySegment memory;
    final long pieceBytes;
    final long pieces;
    final Deque<Long> free = new ArrayDeque<>();

    Stretch(long pieceBytes) {
      this.pieceBytes = pieceBytes;
      pieces = Math.max(1, STRETCH / pieceBytes);
      memory = HugePages.allocate(pieces * pieceBytes, arena);
      for (long i = 0; i < pieces; i++) {
        free.add(i * pieceBytes);
      }
    }
  }

  /**
   * Takes a piece.
   *
   * @param bytes size of the page
   */
  synchronized Piece take(long bytes) {
    long size = Native.room(bytes);
    for (Stretch stretch : stretches) {
      if (stretch.pieceBytes == size && !stretch.free.isEmpty()) {
        return new Piece(stretch, stretch.free.remove(), bytes);
      }
    }
    Stretch added = new Stretch(size);
    stretches.add(added);
    return new Piece(added, added.free.remove(), bytes);
  }

  /** Gives a piece back, which nobody may use any more. */
  synchronized void giveBack(Piece piece) {
    Stretch stretch = piece.stretch;
    stretch.free.addFirst(piece.start);
    if (stretch.free.size() == stretch.pieces) {
      stretches.remove(stretch);
      stretch.arena.close();
    }
  }
}
