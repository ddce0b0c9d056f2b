// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory that holds machine code, on Linux. It is written first and made executable afterwards, so
 * that it never is both writable and executable.
 */
final class CodeMemory {

  /** Code begins where a line of the cache does. */
  private static final int LINE = 64;

  private CodeMemory() {}

  /**
   * Puts functions into executable memory, which stays for as long as the process does.
   *
   * @param functions the code of each
   * @return where each begins
   * @throws UnsupportedOperationException if the system does not allow it
   */
  static List<MemorySegment> executable(List<byte[]> functions) {
    MemoryCalls calls =
        MemoryCalls.find()
            .orElseThrow(() -> new UnsupportedOperationException("no calls that map memory"));
    long bytes = 0;
    for (byte[] function : functions) {
      bytes += lines(function);
    }
    long address = calls.map(bytes);
    if (address == MemoryCalls.FAILED) {
      throw new UnsupportedOperationException("cannot map " + bytes + " bytes");
    }
    MemorySegment memory =
        MemorySegment.ofAddress(address).reinterpret(bytes, Arena.global(), null);
    List<MemorySegment> placed = new ArrayList<>();
    long at = 0;
    for (byte[] function : functions) {
      MemorySegment place = memory.asSlice(at, function.length);
      place.copyFrom(MemorySegment.ofArray(function));
      placed.add(place);
      at += lines(function);
    }
    if (!calls.makeExecutable(address, bytes)) {
      throw new UnsupportedOperationException("the system does not make memory executable");
    }
    return List.copyOf(placed);
  }

  private static long lines(byte[] function) {
    return Math.ceilDiv(function.length, LINE) * (long) LINE;
  }
}
