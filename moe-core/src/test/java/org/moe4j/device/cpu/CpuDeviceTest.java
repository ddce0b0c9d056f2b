// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.moe4j.CacheType;
import org.moe4j.SoftmaxTopK;
import org.moe4j.device.Batch;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.RoutePlan;
import org.moe4j.device.scalar.ScalarDevice;
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
 * Whole operations of the device: against the scalar device, and against themselves with other
 * threads and batches.
 */
class CpuDeviceTest {

  private static final int HIDDEN = 96;

  private final Random random = new Random(17);

  /** What every device must compute from the same weights. */
  private record Model(
      Attention attention, Norm norm, Linear router, List<GatedFeedForward> experts) {

    Model withSinks(Random random) {
      Attention a = attention;
      return new Model(
          new Attention(
              a.heads(),
              a.kvHeads(),
              a.headSize(),
              a.maps(),
              a.clip(),
              a.norms(),
              a.rotary(),
              a.temperature(),
              a.scale(),
              a.reach(),
              Tensors.random(TensorType.F32, random, a.heads())),
          norm,
          router,
          experts);
    }

    static Model of(TensorType type, Random random, int window, boolean interleaved) {
      long heads = 6;
      long kvHeads = 2;
      int size = 32;
      float[] frequencies = new float[size / 2 - 3];
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] = (float) Math.pow(100, -i / (double) frequencies.length);
      }
      Attention attention =
          new Attention(
              (int) heads,
              (int) kvHeads,
              size,
              new Attention.Maps(
                  Linear.of(Tensors.random(type, random, heads * size, HIDDEN)),
                  Linear.of(Tensors.random(type, random, kvHeads * size, HIDDEN)),
                  new Linear(
                      Tensors.random(type, random, kvHeads * size, HIDDEN),
                      Tensors.random(TensorType.F32, random, kvHeads * size)),
                  Linear.of(Tensors.random(type, random, HIDDEN, heads * size))),
              3.5f,
              new Attention.Norms(
                  Norm.rootMeanSquare(Tensors.random(TensorType.F32, random, size), 1e-6f),
                  Norm.rootMeanSquare(
                      Tensors.random(TensorType.F32, random, kvHeads * size), 1e-6f),
                  null,
                  false),
              new Rotary(frequencies, interleaved, 1),
              null,
              0.2f,
              window == 0 ? Reach.ALL : new Reach.Window(window),
              null);
      List<GatedFeedForward> experts = new ArrayList<>();
      for (int e = 0; e < 5; e++) {
        experts.add(
            new GatedFeedForward(
                Linear.of(Tensors.random(type, random, 160, HIDDEN)),
                Linear.of(Tensors.random(type, random, 160, HIDDEN)),
                Linear.of(Tensors.random(type, random, HIDDEN, 160))));
      }
      return new Model(
          attention,
          Norm.rootMeanSquare(Tensors.random(TensorType.F32, random, HIDDEN), 1e-5f),
          Linear.of(Tensors.random(TensorType.F32, random, 5, HIDDEN)),
          experts);
    }
  }

  /**
   * Feeds rows of one sequence, in pieces, through attention and the experts; the outputs of all
   * rows.
   */
  private static float[] run(
      Device device, Model model, CacheType cache, float[] x, int... pieces) {
    int rows = x.length / HIDDEN;
    CacheLayout layout =
        new CacheLayout(
            CacheLayout.PAGE_POSITIONS,
            cache,
            List.of(
                new LayerState(1, 5, 7),
                new LayerState(
                    model.attention.kvHeads(),
                    model.attention.headSize(),
                    model.attention.headSize())));
    List<Device.Page> pages = new ArrayList<>();
    for (int i = 0; i < rows; i += CacheLayout.PAGE_POSITIONS) {
      pages.add(device.allocatePage(layout));
    }
    Device.MixerWeights mixer = device.load(model.attention);
    Device.NormWeights norm = device.load(model.norm);
    Device.LinearWeights router = device.load(model.router);
    List<Device.FeedForwardWeights> bodies = new ArrayList<>();
    model.experts.forEach(each -> bodies.add(device.load(each)));
    Device.ExpertSet experts = device.experts(bodies, Mixture.Weighting.OUTPUT);
    SoftmaxTopK rule = new SoftmaxTopK(2, true);
    return Pieces.run(
        x,
        HIDDEN,
        pieces,
        (done, count, piece) -> {
          Batch batch =
              new Batch(
                  List.of(
                      new Batch.Segment(
                          pages::get, done, ImmutableIntArray.copyOf(new int[count]), 1)));
          Device.Rows in = device.allocate(count, HIDDEN);
          Device.Rows normed = device.allocate(count, HIDDEN);
          Device.Rows out = device.allocate(count, HIDDEN);
          Device.RoutingRows routing = device.allocateRouting(count, 5);
          device.write(piece, count, in);
          device.norm(norm, count, in, normed);
          device.mixSequence(mixer, 1, batch, normed, out);
          device.add(count, out, in);
          device.norm(norm, count, in, normed);
          RoutePlan plan =
              new RoutePlan(
                  1, rule, List.of(new RoutePlan.Range(0, 0, count, rule)), (segment, e) -> {});
          device.route(router, plan, batch, normed, routing);
          device.experts(experts, batch, normed, routing, out);
          device.add(count, out, in);
          return Pieces.read(device, in, 0, count, HIDDEN);
        });
  }

  private float[] rows(int count) {
    return SelfTest.randomRows(count * HIDDEN, random);
  }

  private static Device open(Kernels kernels, int threads) {
    return new CpuDevice(kernels, "cpu", threads);
  }

  @ParameterizedTest
  @EnumSource(CacheType.class)
  void floatWeightsAgreeWithTheScalarDevice(CacheType cache) {
    Model model = Model.of(TensorType.F32, random, 50, true);
    float[] x = rows(140);
    try (Device scalar = new ScalarDevice();
        Device cpu = open(Kernels.vector(), 2)) {
      float[] expected = run(scalar, model, cache, x, 37);
      float[] actual = run(cpu, model, cache, x, 37);
      assertTrue(
          Differences.relative(expected, actual) < (cache == CacheType.F32 ? 2e-5 : 2e-2),
          () -> cache + ": " + Differences.relative(expected, actual));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"BF16", "Q4_0", "Q8_0"})
  void pieceThreadAndKernelChangeNoBit(String type) {
    Model model = Model.of(TensorType.valueOf(type), random, 0, false);
    float[] x = rows(70);
    try (Device one = open(Kernels.vector(), 1);
        Device three = open(Kernels.vector(), 3);
        Device plain = open(Kernels.scalar(), 2)) {
      float[] whole = run(one, model, CacheType.F16, x, 70);
      assertArrayEquals(whole, run(three, model, CacheType.F16, x, 70));
      assertArrayEquals(whole, run(three, model, CacheType.F16, x, 1));
      assertArrayEquals(whole, run(one, model, CacheType.F16, x, 7, 1, 32));
      assertArrayEquals(whole, run(plain, model, CacheType.F16, x, 5));
    }
  }

  /** Longer than a piece of positions, with sinks: as one prompt, in parts and row by row. */
  @ParameterizedTest
  @CsvSource({"F32, 0", "F16, 0", "F16, 300", "Q8_0, 0"})
  void longSequencesAgreeWithThemselvesAndTheScalarDevice(CacheType cache, int window) {
    Model model = Model.of(TensorType.F32, random, window, false).withSinks(random);
    float[] x = rows(700);
    try (Device scalar = new ScalarDevice();
        Device one = open(Kernels.vector(), 1);
        Device three = open(Kernels.vector(), 3);
        Device many = open(Kernels.vector(), 9);
        Device plain = open(Kernels.scalar(), 2)) {
      float[] whole = run(one, model, cache, x, 700);
      float[] expected = run(scalar, model, cache, x, 700);
      assertTrue(
          Differences.relative(expected, whole) < (cache == CacheType.F32 ? 3e-5 : 3e-2),
          () -> cache + ": " + Differences.relative(expected, whole));
      assertArrayEquals(whole, run(three, model, cache, x, 600, 1, 1, 7));
      assertArrayEquals(whole, run(many, model, cache, x, 300, 1, 32, 5));
      assertArrayEquals(whole, run(plain, model, cache, x, 650, 1));
    }
  }

  @Test
  void closingTwiceIsOnce() {
    Device device = open(Kernels.vector(), 2);
    device.load(Linear.of(Tensors.random(TensorType.F32, random, 3, 5)));
    device.close();
    device.close();
    assertEquals("cpu", device.description());
  }
}
