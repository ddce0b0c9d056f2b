// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench;

import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.moe4j.device.Device;
import org.moe4j.device.Device.LinearWeights;
import org.moe4j.device.Device.Rows;
import org.moe4j.format.TensorType;
import org.moe4j.model.Linear;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * Matrix times vector (1 row) and matrix times matrix (many rows) for every tensor type, on all
 * threads of the device. Several matrices are used in turn, together larger than the caches, as a
 * model's layers are. {@code weightBytes} a second compares with {@link MemoryRead}, {@code
 * multiplyAdds} a second with the machine's peak.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class LinearMaps {

  private static final int INPUTS = 2048;
  private static final int OUTPUTS = 2048;
  private static final long WORKING_SET = 192L << 20;

  /** The device. */
  @Param({"cpu"})
  public String device;

  /** The type of the weights. */
  @Param({
    "F32",
    "F16",
    "BF16",
    "Q4_0",
    "Q4_1",
    "Q5_0",
    "Q5_1",
    "Q8_0",
    "Q2_K",
    "Q3_K",
    "Q4_K",
    "Q5_K",
    "Q6_K",
    "IQ1_S",
    "IQ1_M",
    "IQ2_XXS",
    "IQ2_XS",
    "IQ2_S",
    "IQ3_XXS",
    "IQ3_S",
    "IQ4_NL",
    "IQ4_XS",
    "TQ1_0",
    "TQ2_0",
    "MXFP4",
    "NVFP4",
    "F8_E4M3",
    "E4M3_128"
  })
  public String type;

  /** Rows of activations: 1 is decoding, many are a prompt. */
  @Param({"1", "8", "128"})
  public int rows;

  private Device opened;
  private LinearWeights[] matrices;
  private long matrixBytes;
  private Rows in;
  private Rows out;
  private float[] result;
  private int next;

  /** Counts that JMH turns into rates. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    /** Bytes of weights as the file stores them. */
    public long weightBytes;

    /** Products added up. */
    public long multiplyAdds;

    /** Starts each iteration at zero. */
    @Setup(Level.Iteration)
    public void clear() {
      weightBytes = 0;
      multiplyAdds = 0;
    }
  }

  /** Loads the matrices. */
  @Setup
  public void load() {
    Arena arena = Arena.ofAuto();
    opened = Bench.device(device);
    TensorType tensorType = TensorType.valueOf(type);
    matrixBytes = tensorType.bytes((long) INPUTS * OUTPUTS);
    matrices = new LinearWeights[(int) Math.max(2, WORKING_SET / matrixBytes)];
    for (int i = 0; i < matrices.length; i++) {
      Linear linear = Bench.linear(arena, tensorType, OUTPUTS, INPUTS, i);
      matrices[i] = opened.load(linear);
    }
    in = opened.allocate(rows, INPUTS);
    out = opened.allocate(rows, OUTPUTS);
    result = new float[OUTPUTS];
    opened.write(Bench.rows(rows, INPUTS), rows, in);
  }

  /** Frees everything. */
  @TearDown
  public void free() {
    opened.close();
  }

  /** One linear map. */
  @Benchmark
  public float[] linear(Work work) {
    opened.linear(matrices[next], rows, in, out);
    next = (next + 1) % matrices.length;
    opened.read(out, 0, result);
    work.weightBytes += matrixBytes;
    work.multiplyAdds += (long) rows * INPUTS * OUTPUTS;
    return result;
  }
}
