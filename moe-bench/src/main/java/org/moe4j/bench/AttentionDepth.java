// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench;

import com.google.common.primitives.ImmutableIntArray;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.moe4j.CacheType;
import org.moe4j.device.Batch;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.Device.MixerWeights;
import org.moe4j.device.Device.Rows;
import org.moe4j.format.TensorType;
import org.moe4j.model.Attention;
import org.moe4j.model.LatentAttention;
import org.moe4j.model.Linear;
import org.moe4j.model.Norm;
import org.moe4j.model.Reach;
import org.moe4j.model.Rotary;
import org.moe4j.model.SequenceMixer;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * One attention layer behind a cache that is filled to some depth. The residual stream is narrow,
 * so that the linear maps around it cost next to nothing. The counters are what the attention
 * itself does in a nanosecond: floating-point operations of scores and sums (GFLOP/s), and bytes of
 * the cache that a row has to see (GB/s; read once for all rows of a step where that can be).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class AttentionDepth {

  private static final int HIDDEN = 64;
  private static final int PIECE = 512;

  /** The device. */
  @Param({"cpu"})
  public String device;

  /** Query heads, key-value heads and head size of a model; or latent attention. */
  @Param({"mixtral-mini", "qwen3moe-mini", "olmoe", "gptoss-mini", "deepseek2-lite"})
  public String shape;

  /** How keys and values are stored. */
  @Param({"F16", "Q8_0"})
  public String cache;

  /** Positions in the cache before the rows. */
  @Param({"0", "2048", "8192"})
  public int depth;

  /** Rows of a step. */
  @Param({"1", "512"})
  public int rows;

  private Device opened;
  private MixerWeights mixer;
  private Batch batch;
  private Rows in;
  private Rows out;
  private float[] result;
  private long operations;
  private long bytes;

  /** What a call does. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {

    /** Floating-point operations. */
    public long operations;

    /** Bytes of the cache that are seen. */
    public long bytes;
  }

  /** Loads the layer and fills the cache. */
  @Setup
  public void load() {
    opened = Bench.device(device);
    SequenceMixer spec = spec(Arena.ofAuto(), shape);
    mixer = opened.load(spec);
    CacheLayout layout =
        new CacheLayout(
            CacheLayout.PAGE_POSITIONS, CacheType.valueOf(cache), List.of(spec.state()));
    List<Device.Page> pages = new ArrayList<>();
    for (int i = 0; i < depth + rows; i += CacheLayout.PAGE_POSITIONS) {
      pages.add(opened.allocatePage(layout));
    }
    int most = Math.max(rows, PIECE);
    in = opened.allocate(most, HIDDEN);
    out = opened.allocate(most, HIDDEN);
    opened.write(Bench.rows(most, HIDDEN), most, in);
    for (int at = 0; at < depth; at += PIECE) {
      opened.mixSequence(mixer, 0, batch(pages, at, Math.min(PIECE, depth - at)), in, out);
    }
    batch = batch(pages, depth, rows);
    result = new float[HIDDEN];
    long positions = IntStream.range(0, rows).mapToLong(row -> depth + row + 1L).sum();
    operations = positions * operations(spec);
    bytes = (depth + (long) rows) * layout.pageBytes() / CacheLayout.PAGE_POSITIONS;
  }

  private static Batch batch(List<Device.Page> pages, int start, int count) {
    return new Batch(
        List.of(new Batch.Segment(pages::get, start, ImmutableIntArray.copyOf(new int[count]), 1)));
  }

  private static SequenceMixer spec(Arena arena, String shape) {
    return switch (shape) {
      case "mixtral-mini" -> attention(arena, 16, 4, 64);
      case "qwen3moe-mini" -> attention(arena, 32, 4, 128);
      case "olmoe" -> attention(arena, 16, 16, 128);
      case "gptoss-mini" -> attention(arena, 64, 8, 64);
      case "deepseek2-lite" -> latent(arena);
      default -> throw new IllegalArgumentException("no shape " + shape);
    };
  }

  private static Attention attention(Arena arena, int heads, int kvHeads, int size) {
    return new Attention(
        heads,
        kvHeads,
        size,
        new Attention.Maps(
            Bench.linear(arena, TensorType.F32, heads * size, HIDDEN, 1),
            Bench.linear(arena, TensorType.F32, kvHeads * size, HIDDEN, 2),
            Bench.linear(arena, TensorType.F32, kvHeads * size, HIDDEN, 3),
            Bench.linear(arena, TensorType.F32, HIDDEN, heads * size, 4)),
        0,
        Attention.Norms.NONE,
        null,
        null,
        (float) (1 / Math.sqrt(size)),
        Reach.ALL,
        null);
  }

  private static LatentAttention latent(Arena arena) {
    int heads = 16;
    List<Linear> keyUp = new ArrayList<>();
    List<Linear> valueUp = new ArrayList<>();
    for (int head = 0; head < heads; head++) {
      keyUp.add(Bench.linear(arena, TensorType.Q8_0, 512, 128, 2 * head + 10));
      valueUp.add(Bench.linear(arena, TensorType.Q8_0, 128, 512, 2 * head + 11));
    }
    float[] frequencies = new float[32];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(10_000, -i / 32.0);
    }
    return new LatentAttention(
        heads,
        128,
        64,
        128,
        512,
        new LatentAttention.Maps(
            null,
            Bench.linear(arena, TensorType.F32, heads * 192, HIDDEN, 1),
            Bench.linear(arena, TensorType.F32, 576, HIDDEN, 2),
            keyUp,
            valueUp,
            Bench.linear(arena, TensorType.F32, HIDDEN, heads * 128, 3)),
        null,
        Norm.rootMeanSquare(Bench.weights(arena, TensorType.F32, 4, 512), 1e-6f),
        new Rotary(frequencies, true, 1),
        (float) (1 / Math.sqrt(192)));
  }

  /** Floating-point operations for each position that a row sees. */
  private static long operations(SequenceMixer spec) {
    return switch (spec) {
      case Attention each -> 4L * each.heads() * each.headSize();
      case LatentAttention each -> 2L * each.heads() * (each.keySize() + each.latentSize());
      default -> throw new IllegalArgumentException("no attention: " + spec);
    };
  }

  /** Frees everything. */
  @TearDown
  public void free() {
    opened.close();
  }

  /** The layer. */
  @Benchmark
  public float[] layer(Work work) {
    opened.mixSequence(mixer, 0, batch, in, out);
    opened.read(out, 0, result);
    work.operations += operations;
    work.bytes += bytes;
    return result;
  }
}
