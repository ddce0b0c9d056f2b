// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.moe4j.Allocated;
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

  /**
   * Bytes a row: for each of 32 pairs the JDK's sine and cosine make an array of 32 bytes, where
   * another test of the process had them reduce large angles.
   */
  private static final long MOST_PER_ROW = 2_500;

  private final Random random = new Random(5);

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
        long found = Allocated.least(prompt, 20, () -> layer.step(0, PROMPT, values));
        assertTrue(found <= prompt, () -> "a prompt: " + found + " bytes");
        long one = Allocated.least(MOST + MOST_PER_ROW, 20, () -> layer.step(PROMPT, 1, values));
        assertTrue(one <= MOST + MOST_PER_ROW, () -> "a token: " + one + " bytes");
      }
    }
  }
}
