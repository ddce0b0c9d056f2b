// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.moe4j.Allocated;
import org.moe4j.Forked;

/**
 * Every vector kernel ({@link VectorCrumbDots}, {@link VectorNibbleDots}, {@link VectorSplitDots},
 * {@link VectorByteDots}, {@link VectorGroupScales}, {@link VectorBlockScale}, {@link
 * VectorF32Dots}, {@link VectorF16Dots}, {@link VectorBF16Dots}, {@link VectorFloat8Dots}, {@link
 * VectorRowQuantizer}, {@link VectorRowMath}, {@link VectorRotation}, {@link VectorCacheFloats},
 * {@link VectorRecurrence}) gives the bits of its scalar twin ({@link ScalarDots} ... {@link
 * ScalarRecurrence}) at odd sizes, interpreted and compiled, at every width, and touches no memory
 * but its own.
 */
class KernelTest {

  /** Enough for the compiler, and little enough for widths that the processor lacks. */
  private static final long WARM_NANOS = TimeUnit.MILLISECONDS.toNanos(30);

  /** For the compiler to reach every kernel, and one that it compiles again, on a busy machine. */
  private static final long ALL_NANOS = TimeUnit.SECONDS.toNanos(100);

  private static final long ONE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static void compare(KernelCase each) {
    List<int[]> expected = each.run(Kernels.scalar());
    Kernels vector = Kernels.vector();
    assertEqual(expected, each.run(vector), each.name() + " at first");
    long end = System.nanoTime() + WARM_NANOS;
    for (int i = 2; System.nanoTime() < end; i++) {
      assertEqual(expected, each.run(vector), each.name() + ", repetition " + i);
    }
  }

  private static void assertEqual(List<int[]> expected, List<int[]> actual, String what) {
    for (int i = 0; i < expected.size(); i++) {
      int array = i;
      assertArrayEquals(
          expected.get(i), actual.get(i), () -> what + ", array " + array + " as bits");
    }
  }

  @TestFactory
  Stream<DynamicTest> vectorKernelsGiveTheBitsOfTheirScalarTwins() {
    NativeMemory memory = new NativeMemory();
    return KernelCase.all(memory).stream()
        .map(each -> DynamicTest.dynamicTest(each.name(), () -> compare(each)))
        .onClose(memory::close);
  }

  /**
   * Each width in a process of its own, for it is a constant; with every access checked in one of
   * them.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-Dmoe4j.vector.bits=128",
        "-Dmoe4j.vector.bits=256",
        "-Dmoe4j.vector.bits=512",
        "-Dmoe4j.bounds=checked"
      })
  void everyWidthGivesTheSameBits(String property) throws Exception {
    Forked.run(List.of("--add-modules", "jdk.incubator.vector", property), AllKernels.class);
  }

  /** The process of its own. */
  static final class AllKernels {

    private AllKernels() {}

    public static void main(String[] arguments) {
      try (NativeMemory memory = new NativeMemory()) {
        KernelCase.all(memory).forEach(KernelTest::compare);
      }
      System.out.println("compared at " + Lanes.BITS + " bits");
    }
  }

  /** A kernel that the compiler gave up on makes an object for every vector. */
  @Test
  void compiledKernelsAllocateNothing() throws Exception {
    List<String> names;
    try (NativeMemory memory = new NativeMemory()) {
      names = KernelCase.all(memory).stream().map(KernelCase::name).toList();
    }
    VectorAllocation.assertWithin(CompiledKernels.class, names);
  }

  /**
   * Prints what each kernel allocates once all of them are compiled: all, whatever the arguments,
   * for one that others spoil is to be found in every process.
   */
  static final class CompiledKernels {

    private CompiledKernels() {}

    public static void main(String[] arguments) {
      Kernels kernels = Kernels.vector();
      try (NativeMemory memory = new NativeMemory()) {
        List<KernelCase> cases = KernelCase.all(memory);
        List<KernelCase> left = new ArrayList<>(cases);
        long end = System.nanoTime() + ALL_NANOS;
        while (!left.isEmpty() && System.nanoTime() < end) {
          left.removeIf(each -> allocated(each, kernels) == 0);
        }
        // All of them, for what ran later may have spoiled what was compiled before; a single
        // deoptimisation does not come back.
        for (KernelCase each : cases) {
          long least = allocated(each, kernels);
          long patience = System.nanoTime() + ONE_NANOS;
          while (least > 0 && System.nanoTime() < patience) {
            least = Math.min(least, allocated(each, kernels));
          }
          System.out.println(each.name() + (least == 0 ? Allocated.WITHIN : ": " + least));
        }
      }
    }

    private static long allocated(KernelCase each, Kernels kernels) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      for (int i = 0; i < 200; i++) {
        each.call().accept(kernels);
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 50; i++) {
        each.call().accept(kernels);
      }
      return threads.getCurrentThreadAllocatedBytes() - before;
    }
  }
}
