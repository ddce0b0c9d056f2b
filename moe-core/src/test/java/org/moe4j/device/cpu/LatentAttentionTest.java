// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.moe4j.CacheType;
import org.moe4j.device.Batch;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.scalar.ScalarDevice;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.LatentAttention;
import org.moe4j.model.LayerState;
import org.moe4j.model.Linear;
import org.moe4j.model.Norm;
import org.moe4j.model.Rotary;

/**
 * Latent attention: against the scalar device, and against itself with other threads and batches.
 */
class LatentAttentionTest {

  private static final int HIDDEN = 96;

  private final Random random = new Random(23);

  private LatentAttention attention(TensorType type, int heads, boolean down, boolean interleaved) {
    int plain = 32;
    int rotary = 22;
    int value = 70;
    int latent = 96;
    int compressed = down ? 64 : HIDDEN;
    float[] frequencies = new float[rotary / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(100, -i / (double) frequencies.length);
    }
    List<Linear> keyUp = new ArrayList<>();
    List<Linear> valueUp = new ArrayList<>();
    for (int head = 0; head < heads; head++) {
      keyUp.add(Linear.of(tensor(type, latent, plain)));
      valueUp.add(Linear.of(tensor(type, value, latent)));
    }
    // Rows of 32 heads' values are whole blocks for any type.
    TensorType last = heads * value % 32 == 0 ? type : TensorType.BF16;
    return new LatentAttention(
        heads,
        plain,
        rotary,
        value,
        latent,
        new LatentAttention.Maps(
            down ? Linear.of(tensor(type, compressed, HIDDEN)) : null,
            Linear.of(tensor(type, (long) heads * (plain + rotary), compressed)),
            new Linear(
                tensor(type, latent + rotary, HIDDEN), tensor(TensorType.F32, latent + rotary)),
            keyUp,
            valueUp,
            Linear.of(tensor(last, HIDDEN, (long) heads * value))),
        down ? Norm.rootMeanSquare(tensor(TensorType.F32, compressed), 1e-6f) : null,
        Norm.rootMeanSquare(tensor(TensorType.F32, latent), 1e-6f),
        new Rotary(frequencies, interleaved, 1.1f),
        0.13f);
  }

  private TensorData tensor(TensorType type, long... shape) {
    return Tensors.random(type, random, shape);
  }

  /** Feeds the rows of two sequences, in pieces, through attention; the outputs of the second. */
  private static float[] run(
      Device device, LatentAttention spec, CacheType cache, float[] x, int... pieces) {
    int rows = x.length / HIDDEN;
    CacheLayout layout =
        new CacheLayout(
            CacheLayout.PAGE_POSITIONS, cache, List.of(new LayerState(2, 3, 9), spec.state()));
    Batch.Pages first = Pieces.pages(device, layout, rows);
    Batch.Pages second = Pieces.pages(device, layout, rows);
    Device.MixerWeights mixer = device.load(spec);
    return Pieces.run(
        x,
        HIDDEN,
        pieces,
        (done, count, piece) -> {
          Batch batch =
              new Batch(
                  List.of(
                      new Batch.Segment(first, done, ImmutableIntArray.of(0), 1),
                      Pieces.segment(second, done, count)));
          Device.Rows in = device.allocate(count + 1, HIDDEN);
          Device.Rows out = device.allocate(count + 1, HIDDEN);
          float[] both = new float[(count + 1) * HIDDEN];
          System.arraycopy(x, 0, both, 0, HIDDEN);
          System.arraycopy(piece, 0, both, HIDDEN, piece.length);
          device.write(both, count + 1, in);
          device.mixSequence(mixer, 1, batch, in, out);
          return Pieces.read(device, out, 1, count, HIDDEN);
        });
  }

  private float[] rows(int count) {
    return SelfTest.randomRows(count * HIDDEN, random);
  }

  @ParameterizedTest
  @EnumSource(CacheType.class)
  void agreesWithTheScalarDevice(CacheType cache) {
    LatentAttention spec = attention(TensorType.F32, 5, true, true);
    float[] x = rows(140);
    try (Device scalar = new ScalarDevice();
        Device cpu = new CpuDevice(Kernels.vector(), "cpu", 2)) {
      float[] expected = run(scalar, spec, cache, x, 37);
      float[] actual = run(cpu, spec, cache, x, 37);
      assertTrue(
          Differences.relative(expected, actual) < (cache == CacheType.F32 ? 2e-5 : 2e-2),
          () -> cache + ": " + Differences.relative(expected, actual));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void agreesWithTheScalarDeviceWithoutCompressedQueries(boolean interleaved) {
    LatentAttention spec = attention(TensorType.BF16, 4, false, interleaved);
    float[] x = rows(9);
    try (Device scalar = new ScalarDevice();
        Device cpu = new CpuDevice(Kernels.vector(), "cpu", 2)) {
      float[] expected = run(scalar, spec, CacheType.F32, x, 9);
      assertTrue(Differences.relative(expected, run(cpu, spec, CacheType.F32, x, 2)) < 2e-5);
    }
  }

  @ParameterizedTest
  @CsvSource({"BF16, 5", "Q4_0, 5", "Q8_0, 16"})
  void pieceThreadAndKernelChangeNoBit(TensorType type, int heads) {
    LatentAttention spec = attention(type, heads, true, false);
    float[] x = rows(70);
    try (Device one = new CpuDevice(Kernels.vector(), "cpu", 1);
        Device three = new CpuDevice(Kernels.vector(), "cpu", 3);
        Device plain = new CpuDevice(Kernels.scalar(), "cpu", 2)) {
      float[] whole = run(one, spec, CacheType.F16, x, 70);
      assertArrayEquals(whole, run(three, spec, CacheType.F16, x, 70));
      assertArrayEquals(whole, run(three, spec, CacheType.F16, x, 1));
      assertArrayEquals(whole, run(one, spec, CacheType.F16, x, 7, 1, 32));
      assertArrayEquals(whole, run(plain, spec, CacheType.F16, x, 5));
    }
  }
}
