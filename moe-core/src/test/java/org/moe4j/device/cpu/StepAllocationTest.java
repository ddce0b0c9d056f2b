// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.ImmutableIntArray;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.moe4j.CacheType;
import org.moe4j.SoftmaxTopK;
import org.moe4j.device.Batch;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.RoutePlan;
import org.moe4j.format.TensorType;
import org.moe4j.model.Attention;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.LayerState;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.model.Norm;
import org.moe4j.model.Reach;
import org.moe4j.model.Rotary;

/**
 * A whole layer, run again and again, makes next to no objects on any thread. Kernels that allocate
 * nothing when they are called alone may be compiled differently inside the device, and then make
 * an object of every vector: far more than the limit.
 */
class StepAllocationTest {

  private static final int WIDTH = 256;
  private static final int EXPERTS = 4;
  private static final int HEADS = 4;
  private static final int PROMPT = 64;

  /** Bytes a step, for its batch, plan and routing. */
  private static final long MOST = 4_000;

  /** Bytes a row: for each of 32 pairs the JDK's sine and cosine make an array of 32 bytes. */
  private static final long MOST_PER_ROW = 2_500;

  /** For a kernel that is compiled late, on a busy machine. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Random random = new Random(5);

  private Linear linear(TensorType type, long outputs) {
    return Linear.of(Tensors.random(type, random, outputs, WIDTH));
  }

  private Attention attention(TensorType type) {
    float[] frequencies = new float[WIDTH / HEADS / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(100, -i / (double) frequencies.length);
    }
    return new Attention(
        HEADS,
        HEADS / 2,
        WIDTH / HEADS,
        new Attention.Maps(
            linear(type, WIDTH),
            linear(type, WIDTH / 2),
            linear(type, WIDTH / 2),
            linear(type, WIDTH)),
        0,
        new Attention.Norms(null, null, null, false),
        new Rotary(frequencies, false, 1),
        null,
        0.2f,
        Reach.ALL,
        null);
  }

  /** A layer on a device with everything that a step writes to. */
  private final class Layer {
    private final Device device;
    private final List<Device.Page> pages;
    private final Device.MixerWeights mixer;
    private final Device.NormWeights norm;
    private final Device.LinearWeights router;
    private final Device.ExpertSet experts;
    private final SoftmaxTopK rule = new SoftmaxTopK(2, true);
    private final Device.Rows in;
    private final Device.Rows normed;
    private final Device.Rows out;
    private final Device.RoutingRows routing;
    private final float[] values = SelfTest.randomRows(PROMPT * WIDTH, random);

    Layer(Device device, TensorType type) {
      this.device = device;
      CacheLayout layout =
          new CacheLayout(
              CacheLayout.PAGE_POSITIONS,
              CacheType.F16,
              List.of(new LayerState(HEADS / 2, WIDTH / HEADS, WIDTH / HEADS)));
      pages = List.of(device.allocatePage(layout), device.allocatePage(layout));
      mixer = device.load(attention(type));
      norm = device.load(Norm.rootMeanSquare(Tensors.random(TensorType.F32, random, WIDTH), 1e-5f));
      router = device.load(linear(TensorType.F32, EXPERTS));
      experts =
          device.experts(
              IntStream.range(0, EXPERTS)
                  .mapToObj(e ->
                      device.load(
                          new GatedFeedForward(
                              linear(type, WIDTH), linear(type, WIDTH), linear(type, WIDTH))))
                  .toList(),
              Mixture.Weighting.OUTPUT);
      in = device.allocate(PROMPT, WIDTH);
      normed = device.allocate(PROMPT, WIDTH);
      out = device.allocate(PROMPT, WIDTH);
      routing = device.allocateRouting(PROMPT, EXPERTS);
    }

    void step(int start, int rows) {
      Batch batch =
          new Batch(
              List.of(
                  new Batch.Segment(
                      pages::get, start, ImmutableIntArray.copyOf(new int[rows]), 1)));
      device.write(values, rows, in);
      device.norm(norm, rows, in, normed);
      device.mixSequence(mixer, 0, batch, normed, out);
      device.add(rows, out, in);
      device.norm(norm, rows, in, normed);
      RoutePlan plan =
          new RoutePlan(
              0, rule, List.of(new RoutePlan.Range(0, 0, rows, rule)), (segment, e) -> {});
      device.route(router, plan, batch, normed, routing);
      device.experts(experts, batch, normed, routing, out);
      device.add(rows, out, in);
    }

    /** The least that so many steps in a row allocated each, on all threads. */
    long allocated(int start, int rows, long limit) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long least = Long.MAX_VALUE;
      long end = System.nanoTime() + PATIENCE_NANOS;
      while (least > limit && System.nanoTime() < end) {
        long before = threads.getTotalThreadAllocatedBytes();
        for (int i = 0; i < 20; i++) {
          step(start, rows);
        }
        least = Math.min(least, (threads.getTotalThreadAllocatedBytes() - before) / 20);
      }
      return least;
    }
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
      Layer layer = new Layer(device, type);
      long prompt = MOST + MOST_PER_ROW * PROMPT;
      for (int i = 0; i < 2; i++) {
        long found = layer.allocated(0, PROMPT, prompt);
        assertTrue(found <= prompt, () -> "a prompt: " + found + " bytes");
        long one = layer.allocated(PROMPT, 1, MOST + MOST_PER_ROW);
        assertTrue(one <= MOST + MOST_PER_ROW, () -> "a token: " + one + " bytes");
      }
    }
  }
}
