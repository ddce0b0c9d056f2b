// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import org.moe4j.MixtureException;

/**
 * How much of the Java heap may go into what a file says about itself. The bytes of a file bound
 * what can be made of them only by a factor; a file that would need more than its share is refused
 * before any of it is built, so that a small heap is never exhausted.
 */
public final class HeapLimit {

  private static final long HEAP = Runtime.getRuntime().maxMemory();

  private HeapLimit() {}

  /**
   * Refuses what would take more than a quarter of the heap.
   *
   * @param file the file, for messages
   * @param part the key or region of the file, for messages
   * @param count how many entries are to be built
   * @param bytesEach what one takes on the heap, at a guess
   * @throws MixtureException.Rejected if that is too much for this heap
   */
  public static void check(String file, String part, long count, long bytesEach) {
    if (count > most(bytesEach)) {
      throw tooMuch(file, part, "%,d entries".formatted(count));
    }
  }

  /** How many entries of a size a quarter of the heap holds. */
  static long most(long bytesEach) {
    return HEAP / 4 / bytesEach;
  }

  static MixtureException.Rejected tooMuch(String file, String part, String what) {
    return new MixtureException.Rejected(
        "%s: %s: %s need more than their share of the Java heap, which may have %,d bytes; -Xmx gives it more"
            .formatted(file, part, what, HEAP),
        null);
  }
}
