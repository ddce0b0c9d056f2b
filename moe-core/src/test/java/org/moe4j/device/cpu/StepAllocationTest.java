// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import com.google.common.base.Splitter;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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

  private static final List<String> LAYERS =
      Stream.of("Q4_0", "Q4_K", "Q6_K", "Q8_0", "F16")
          .flatMap(type -> Stream.of(type + " vector", type + " best"))
          .toList();

  private static final int WIDTH = 256;
  private static final int PROMPT = 64;

  /** Bytes a step, for its batch, plan and routing. */
  private static final long MOST = 4_000;

  /**
   * Bytes a row: for each of 32 pairs the JDK's sine and cosine make an array of 32 bytes, where
   * another step of the process had them reduce large angles.
   */
  private static final long MOST_PER_ROW = 2_500;

  @Test
  void aStepMakesNoObjectsOfVectors() throws Exception {
    VectorAllocation.assertWithin(Layers.class, LAYERS);
  }

  /** Prints what each of the layers named in the arguments allocates. */
  static final class Layers {
    private Layers() {}

    public static void main(String[] arguments) {
      for (String layer : arguments) {
        List<String> words = Splitter.on(' ').splitToList(layer);
        Kernels kernels = words.getLast().equals("best") ? Kernels.best() : Kernels.vector();
        System.out.println(layer + measure(TensorType.valueOf(words.getFirst()), kernels));
      }
    }

    private static String measure(TensorType type, Kernels kernels) {
      Random random = new Random(5);
      try (Device device = new CpuDevice(kernels, "cpu", 2)) {
        ExampleLayer.Shape shape = new ExampleLayer.Shape(WIDTH, 4, 2, 64, WIDTH, 4);
        ExampleLayer weights = ExampleLayer.of(type, random, shape, Reach.ALL, false);
        ExampleLayer.Loaded layer =
            new ExampleLayer.Loaded(device, weights, CacheType.F16, PROMPT + 1);
        float[] values = SelfTest.randomRows(PROMPT * WIDTH, random);
        for (int i = 0; i < 2; i++) {
          long prompt = least(PROMPT, () -> layer.step(0, PROMPT, values));
          if (prompt > limit(PROMPT)) {
            return ": a prompt " + prompt;
          }
          long token = least(1, () -> layer.step(PROMPT, 1, values));
          if (token > limit(1)) {
            return ": a token " + token;
          }
        }
        return Allocated.WITHIN;
      }
    }

    private static long least(int rows, Runnable step) {
      return Allocated.least(limit(rows), 20, step);
    }

    private static long limit(int rows) {
      return MOST + MOST_PER_ROW * rows;
    }
  }
}
