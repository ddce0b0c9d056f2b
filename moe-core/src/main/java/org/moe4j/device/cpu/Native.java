// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The one door to memory outside the Java heap: kernels name it by its address, and this class says
 * through which segment.
 *
 * <p>By default that is one constant segment over all memory, so that a kernel's code is the same
 * whatever it reads and no check is left in its loops; whoever calls a kernel has checked the
 * addresses. With the system property {@code moe4j.bounds=checked} it is the segment that was
 * {@linkplain #register registered} for the address, so that every access outside a live allocation
 * throws; meant for tests, and slow.
 */
final class Native {

  /** Whether every access is checked. */
  static final boolean CHECKED = "checked".equals(System.getProperty("moe4j.bounds"));

  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  private static final ConcurrentSkipListMap<Long, MemorySegment> LIVE =
      new ConcurrentSkipListMap<>();

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private static final long LINE = 64;

  private Native() {}

  /** Bytes to set aside for an allocation, so that the next one begins at a line of the cache. */
  static long room(long bytes) {
    // Where accesses are checked, a gap behind each allocation belongs to nobody.
    return Math.ceilDiv(Math.max(1, bytes), LINE) * LINE + (CHECKED ? LINE : 0);
  }

  /**
   * Makes a segment known for checked access; it is forgotten when it is found dead or {@linkplain
   * #forget forgotten}.
   *
   * @param segment native memory that stays where it is
   * @return its address
   */
  static long register(MemorySegment segment) {
    if (CHECKED) {
      LIVE.put(segment.address(), segment);
    }
    return segment.address();
  }

  /**
   * Ends checked access to a segment.
   *
   * @param address what {@link #register} gave
   */
  static void forget(long address) {
    LIVE.remove(address);
  }

  /** The segment to reach an address through; the address is at {@link #offset} in it. */
  static MemorySegment segment(long address) {
    return CHECKED ? live(address) : ALL;
  }

  /** Where in its {@link #segment} an address is. */
  static long offset(long address) {
    return CHECKED ? address - live(address).address() : address;
  }

  private static MemorySegment live(long address) {
    Map.Entry<Long, MemorySegment> below = LIVE.floorEntry(address);
    // What is dead may lie where there is new memory by now.
    while (below != null && !below.getValue().scope().isAlive()) {
      LIVE.computeIfPresent(
          below.getKey(), (start, segment) -> segment.scope().isAlive() ? segment : null);
      below = LIVE.floorEntry(address);
    }
    if (below == null || address - below.getKey() >= below.getValue().byteSize()) {
      throw new IndexOutOfBoundsException(
          "no live memory at address 0x" + Long.toHexString(address));
    }
    return below.getValue();
  }

  static float getFloat(long address) {
    return segment(address).get(FLOAT, offset(address));
  }

  static void putFloat(long address, float value) {
    segment(address).set(FLOAT, offset(address), value);
  }

  static int getInt(long address) {
    return segment(address).get(INT, offset(address));
  }

  static void putInt(long address, int value) {
    segment(address).set(INT, offset(address), value);
  }

  static short getShort(long address) {
    return segment(address).get(SHORT, offset(address));
  }

  static void putShort(long address, short value) {
    segment(address).set(SHORT, offset(address), value);
  }

  static byte getByte(long address) {
    return segment(address).get(ValueLayout.JAVA_BYTE, offset(address));
  }

  static void putByte(long address, byte value) {
    segment(address).set(ValueLayout.JAVA_BYTE, offset(address), value);
  }
}
