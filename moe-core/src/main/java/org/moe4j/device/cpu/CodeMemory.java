// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory that holds machine code, on Linux. It is written first and made executable afterwards, so
 * that it never is both writable and executable.
 */
final class CodeMemory {

  private static final int READ_WRITE = 3;
  private static final int READ_EXECUTE = 5;
  private static final int PRIVATE_ANONYMOUS = 0x22;

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
    long bytes = 0;
    for (byte[] function : functions) {
      bytes += lines(function);
    }
    MemorySegment memory =
        MemorySegment.ofAddress(map(bytes)).reinterpret(bytes, Arena.global(), null);
    List<MemorySegment> placed = new ArrayList<>();
    long at = 0;
    for (byte[] function : functions) {
      MemorySegment place = memory.asSlice(at, function.length);
      place.copyFrom(MemorySegment.ofArray(function));
      placed.add(place);
      at += lines(function);
    }
    protect(memory.address(), bytes);
    return List.copyOf(placed);
  }

  private static long lines(byte[] function) {
    return Math.ceilDiv(function.length, LINE) * (long) LINE;
  }

  private static long map(long bytes) {
    long address;
    try {
      address =
          (long)
              handle(
                      "mmap",
                      FunctionDescriptor.of(
                          JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG))
                  .invokeExact(0L, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
    } catch (UnsupportedOperationException | IllegalCallerException e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    if (address == -1) {
      throw new UnsupportedOperationException("cannot map " + bytes + " bytes");
    }
    return address;
  }

  private static void protect(long address, long bytes) {
    int status;
    try {
      status =
          (int)
              handle("mprotect", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT))
                  .invokeExact(address, bytes, READ_EXECUTE);
    } catch (UnsupportedOperationException | IllegalCallerException e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    if (status != 0) {
      throw new UnsupportedOperationException("the system does not make memory executable");
    }
  }

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new UnsupportedOperationException(name)),
        descriptor);
  }
}
