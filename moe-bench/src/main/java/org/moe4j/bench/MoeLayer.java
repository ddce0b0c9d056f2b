// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench;

import com.google.common.primitives.ImmutableIntArray;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.moe4j.Routing;
import org.moe4j.SoftmaxTopK;
import org.moe4j.device.Batch;
import org.moe4j.device.Device;
import org.moe4j.device.Device.ExpertSet;
import org.moe4j.device.Device.FeedForwardWeights;
import org.moe4j.device.Device.LinearWeights;
import org.moe4j.device.Device.RoutingRows;
import org.moe4j.device.Device.Rows;
import org.moe4j.device.RoutePlan;
import org.moe4j.format.TensorType;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Mixture;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A whole MoE feed-forward of a layer: router logits, routing, grouped experts, weighted sum. And
 * the routing alone.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class MoeLayer {

  private static final int HIDDEN = 1024;
  private static final int INTERMEDIATE = 512;
  private static final int CHOSEN = 4;

  /** The device. */
  @Param({"cpu"})
  public String device;

  /** The type of the experts' weights. */
  @Param({"Q4_0", "Q8_0", "F16"})
  public String type;

  /** Number of experts, of which 4 run for a row. */
  @Param({"32", "128"})
  public int experts;

  /** Rows of a step. */
  @Param({"1", "16", "256"})
  public int rows;

  private Device opened;
  private LinearWeights router;
  private ExpertSet set;
  private RoutePlan plan;
  private Batch batch;
  private Rows in;
  private Rows out;
  private RoutingRows routing;
  private float[] result;

  /** Loads a layer. */
  @Setup
  public void load() {
    Arena arena = Arena.ofAuto();
    opened = Bench.device(device);
    TensorType tensorType = TensorType.valueOf(type);
    router = opened.load(Bench.linear(arena, TensorType.F32, experts, HIDDEN, 1));
    List<FeedForwardWeights> loaded = new ArrayList<>();
    for (int i = 0; i < experts; i++) {
      loaded.add(
          opened.load(
              new GatedFeedForward(
                  Bench.linear(arena, tensorType, INTERMEDIATE, HIDDEN, 3 * i + 2),
                  Bench.linear(arena, tensorType, INTERMEDIATE, HIDDEN, 3 * i + 3),
                  Bench.linear(arena, tensorType, HIDDEN, INTERMEDIATE, 3 * i + 4))));
    }
    set = opened.experts(loaded, Mixture.Weighting.OUTPUT);
    SoftmaxTopK rule = new SoftmaxTopK(CHOSEN, true);
    plan =
        new RoutePlan(
            0,
            rule,
            List.of(new RoutePlan.Range(0, 0, rows, rule)),
            (segment, failure) -> {
              throw failure;
            });
    batch =
        new Batch(
            List.of(
                new Batch.Segment(
                    page -> {
                      throw new IllegalStateException("a feed-forward has no pages");
                    },
                    0,
                    ImmutableIntArray.copyOf(new int[rows]),
                    0)));
    in = opened.allocate(rows, HIDDEN);
    out = opened.allocate(rows, HIDDEN);
    routing = opened.allocateRouting(rows, experts);
    result = new float[HIDDEN];
    opened.write(Bench.rows(rows, HIDDEN), rows, in);
  }

  /** Frees everything. */
  @TearDown
  public void free() {
    opened.close();
  }

  /** Router logits and routing. */
  @Benchmark
  public Routing route() {
    opened.route(router, plan, batch, in, routing);
    return opened.routing(routing);
  }

  /** The whole layer. */
  @Benchmark
  public float[] layer() {
    opened.route(router, plan, batch, in, routing);
    opened.experts(set, batch, in, routing, out);
    opened.read(out, 0, result);
    return result;
  }
}
