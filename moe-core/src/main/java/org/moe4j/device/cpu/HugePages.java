// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Anonymous memory for which the kernel is asked to use huge pages: weights are read about twice as
 * fast from it. On Linux through {@code mmap} and {@code madvise}; elsewhere, or where these are
 * refused, ordinary memory of the arena.
 */
final class HugePages {

  /** Size and alignment of a huge page on the processors that this is for. */
  static final long SIZE = 2L << 20;

  private static final int READ_WRITE = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final int ADVISE_HUGE_PAGES = 14;
  private static final long FAILED = -1;

  private static final @Nullable Calls CALLS = Calls.find();

  private HugePages() {}

  /** The three calls, as the x86-64 and AArch64 C libraries of Linux have them. */
  private record Calls(MethodHandle mmap, MethodHandle munmap, MethodHandle madvise) {

    static @Nullable Calls find() {
      String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
      if (!system.equals("linux")) {
        return null;
      }
      try {
        return new Calls(
            handle(
                "mmap",
                FunctionDescriptor.of(
                    JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG)),
            handle("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG)),
            handle("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT)));
      } catch (UnsupportedOperationException
          | IllegalArgumentException
          | IllegalCallerException e) {
        return null;
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
    long start = map(CALLS, reserved);
    if (start == FAILED) {
      throw new OutOfMemoryError("cannot map " + reserved + " bytes");
    }
    long aligned = Math.ceilDiv(start, SIZE) * SIZE;
    advise(CALLS, aligned, size);
    return MemorySegment.ofAddress(aligned)
        .reinterpret(size, arena, segment -> unmap(CALLS, start, reserved));
  }

  private static long map(Calls calls, long bytes) {
    try {
      return (long) calls.mmap.invokeExact(0L, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Advice: where it is not taken, the pages are small and everything else is the same. */
  private static void advise(Calls calls, long address, long bytes) {
    try {
      int ignored = (int) calls.madvise.invokeExact(address, bytes, ADVISE_HUGE_PAGES);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static void unmap(Calls calls, long address, long bytes) {
    try {
      int ignored = (int) calls.munmap.invokeExact(address, bytes);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
