// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.Optional;

/**
 * Calls by which Linux gives memory, as its x86-64 and AArch64 C libraries have them. Addresses and
 * sizes are whole pages.
 */
record MemoryCalls(
    MethodHandle mmap, MethodHandle munmap, MethodHandle madvise, MethodHandle mprotect) {

  /** What {@link #map} gives if there is not enough memory. */
  static final long FAILED = -1;

  private static final int READ_WRITE = 3;
  private static final int READ_EXECUTE = 5;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final int ADVISE_HUGE_PAGES = 14;

  /** The calls, unless this is another system or the process may not call it. */
  static Optional<MemoryCalls> find() {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    if (!system.equals("linux")) {
      return Optional.empty();
    }
    try {
      FunctionDescriptor mmap =
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
      return Optional.of(
          new MemoryCalls(
              handle("mmap", mmap),
              handle("munmap", status(JAVA_LONG, JAVA_LONG)),
              handle("madvise", status(JAVA_LONG, JAVA_LONG, JAVA_INT)),
              handle("mprotect", status(JAVA_LONG, JAVA_LONG, JAVA_INT))));
    } catch (UnsupportedOperationException | IllegalArgumentException | IllegalCallerException e) {
      return Optional.empty();
    }
  }

  private static FunctionDescriptor status(MemoryLayout... arguments) {
    return FunctionDescriptor.of(JAVA_INT, arguments);
  }

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    MemorySegment function =
        linker
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new UnsupportedOperationException(name));
    return linker.downcallHandle(function, descriptor);
  }

  /** Maps zeroed memory of this process alone, to read and to write, and gives its address. */
  long map(long bytes) {
    try {
      return (long) mmap.invokeExact(0L, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Gives mapped memory back. */
  void unmap(long address, long bytes) {
    try {
      int ignored = (int) munmap.invokeExact(address, bytes);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Advice: where it is not taken, the pages are small and everything else is the same. */
  void adviseHugePages(long address, long bytes) {
    try {
      int ignored = (int) madvise.invokeExact(address, bytes, ADVISE_HUGE_PAGES);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Makes mapped memory code, which nobody can write; false if the system does not allow it. */
  boolean makeExecutable(long address, long bytes) {
    try {
      return (int) mprotect.invokeExact(address, bytes, READ_EXECUTE) == 0;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
