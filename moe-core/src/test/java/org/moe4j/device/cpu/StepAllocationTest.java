// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.moe4j.CacheType;
import org.moe4j.device.Device;
import org.moe4j.format.TensorType;
import org.moe4j.model.Reach;

/**
 * A whole layer, run again and again, makes next to no objects on any thread. Kernels that allocate
 * nothing when they are called alone may be compiled differently inside the device, and then make
 * an object of every vector: far more than the limit.
 */
class StepAllocationTest {

  private static final int WIDTH = 256;
  private static final int PROMPT = 64;

  /** Bytes a step, for its batch, plan and routing. */
  private static final long MOST = 4_000;

  /** Bytes a row: for each of 32 pairs the JDK's sine and cosine make an array of 32 bytes. */
  private static final long MOST_PER_ROW = 2_500;

  /** For a kernel that is compiled late, on a busy machine. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Random random = new Random(5);

  /** The least that so many steps in a row allocated each, on all threads. */
  private static long allocated(
      ExampleLayer.Loaded layer, int start, int rows, float[] values, long limit) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (least > limit && System.nanoTime() < end) {
      long before = threads.getTotalThreadAllocatedBytes();
      for (int i = 0; i < 20; i++) {
        layer.step(start, rows, values);
      }
      least = Math.min(least, (threads.getTotalThreadAllocatedBytes() - before) / 20);
    }
    return least;
  }

  @ParameterizedTest
  @CsvSource({
    "Q4_0, false",
    "Q4_K, false",
    "Q6_K, false",
    "Q8_0, false",
    "F16, false",
    "Q4_0, true",
    "Q4_K, true",
    "Q6_K, true",
    "Q8_0, true"
  })
  void aStepMakesNoObjectsOfVectors(TensorType type, boolean machineCode) {
    Assumptions.assumeTrue(
        Lanes.BITS <= FloatVector.SPECIES_PREFERRED.vectorBitSize(),
        "vectors wider than the processor's are objects");
    Kernels kernels = machineCode ? Kernels.best() : Kernels.vector();
    try (Device device = new CpuDevice(kernels, "cpu", 2)) {
      ExampleLayer.Shape shape = new ExampleLayer.Shape(WIDTH, 4, 2, 64, WIDTH, 4);
      ExampleLayer weights = ExampleLayer.of(type, random, shape, Reach.ALL, false);
      ExampleLayer.Loaded layer =
          new ExampleLayer.Loaded(device, weights, CacheType.F16, PROMPT + 1);
      float[] values = SelfTest.randomRows(PROMPT * WIDTH, random);
      long prompt = MOST + MOST_PER_ROW * PROMPT;
      for (int i = 0; i < 2; i++) {
        long found = allocated(layer, 0, PROMPT, values, prompt);
        assertTrue(found <= prompt, () -> "a prompt: " + found + " bytes");
        long one = allocated(layer, PROMPT, 1, values, MOST + MOST_PER_ROW);
        assertTrue(one <= MOST + MOST_PER_ROW, () -> "a token: " + one + " bytes");
      }
    }
  }
}
