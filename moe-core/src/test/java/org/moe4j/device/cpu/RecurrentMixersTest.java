// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.moe4j.CacheType;
import org.moe4j.device.Batch;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.scalar.ScalarDevice;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.CausalConvolution;
import org.moe4j.model.GatedDeltaNet;
import org.moe4j.model.LayerState;
import org.moe4j.model.Linear;
import org.moe4j.model.Mamba2;
import org.moe4j.model.Norm;
import org.moe4j.model.SequenceMixer;
import org.moe4j.model.ShortConvolution;

/**
 * Mixers with recurrent state: against the scalar device, and against themselves with other
 * threads, kernels, pieces and neighbours in the batch.
 */
class RecurrentMixersTest {

  private static final int HIDDEN = 64;

  private static final Random RANDOM = new Random(5);

  /** Sizes that fill vectors and sizes that do not, more columns than a tile has. */
  enum Kind {
    SHORT_CONVOLUTION {
      @Override
      SequenceMixer make(TensorType type) {
        return new ShortConvolution(
            linear(type, 3 * 96), convolution(96, 3, true), output(type, 96));
      }
    },
    CONVOLUTION_WITHOUT_STATE {
      @Override
      SequenceMixer make(TensorType type) {
        return new ShortConvolution(
            linear(type, 3 * 32), convolution(32, 1, false), output(type, 32));
      }
    },
    MAMBA {
      @Override
      SequenceMixer make(TensorType type) {
        return mamba(type, 4, 40, 2, 20);
      }
    },
    MAMBA_OF_WHOLE_TILES {
      @Override
      SequenceMixer make(TensorType type) {
        return mamba(type, 2, 64, 1, 16);
      }
    },
    DELTA_NET {
      @Override
      SequenceMixer make(TensorType type) {
        return deltaNet(type, 2, 4, 24, 40, false);
      }
    },
    DELTA_NET_OF_WHOLE_TILES {
      @Override
      SequenceMixer make(TensorType type) {
        return deltaNet(type, 2, 4, 16, 32, true);
      }
    };

    abstract SequenceMixer make(TensorType type);

    private static Linear linear(TensorType type, long outputs) {
      return Linear.of(Tensors.random(type, RANDOM, outputs, HIDDEN));
    }

    private static Linear output(TensorType type, long inputs) {
      return Linear.of(Tensors.random(type, RANDOM, HIDDEN, inputs));
    }

    private static CausalConvolution convolution(int channels, int taps, boolean biased) {
      return new CausalConvolution(
          channels, taps, vector((long) channels * taps), biased ? vector(channels) : null);
    }

    private static TensorData vector(long size) {
      return Tensors.random(TensorType.F32, RANDOM, size);
    }

    /** Random numbers of which none is above zero. */
    private static TensorData rates(int size) {
      MemorySegment data = MemorySegment.ofArray(new byte[size * Float.BYTES]);
      for (int i = 0; i < size; i++) {
        data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, -RANDOM.nextFloat(0.01f, 2));
      }
      return TensorData.of("test", "rates", TensorType.F32, data, size);
    }

    private static Mamba2 mamba(
        TensorType type, int heads, int headSize, int groups, int stateSize) {
      int width = heads * headSize;
      int channels = width + 2 * groups * stateSize;
      List<Norm> norms = new ArrayList<>();
      for (int i = 0; i < groups; i++) {
        norms.add(Norm.rootMeanSquare(vector(width / groups), 1e-5f));
      }
      return new Mamba2(
          heads,
          headSize,
          groups,
          stateSize,
          new Mamba2.Maps(
              linear(type, width),
              linear(type, channels),
              linear(type, heads),
              output(type, width)),
          convolution(channels, 4, true),
          new Mamba2.TimeStep(vector(heads), rates(heads), vector(heads), 0.01f, 1.5f),
          norms);
    }

    private static GatedDeltaNet deltaNet(
        TensorType type,
        int keyHeads,
        int valueHeads,
        int keySize,
        int valueSize,
        boolean interleaved) {
      int width = valueHeads * valueSize;
      int channels = 2 * keyHeads * keySize + width;
      return new GatedDeltaNet(
          keyHeads,
          valueHeads,
          keySize,
          valueSize,
          interleaved,
          new GatedDeltaNet.Maps(
              linear(type, channels),
              linear(type, width),
              linear(type, valueHeads),
              linear(type, valueHeads),
              output(type, width)),
          convolution(channels, 4, false),
          vector(valueHeads),
          rates(valueHeads),
          Norm.rootMeanSquare(vector(valueSize), 1e-6f));
    }
  }

  /** A device with a mixer in its second layer, and some sequences. */
  private record Run(Device device, Device.MixerWeights mixer, List<Device.Recurrent> sequences) {

    static Run of(Device device, SequenceMixer mixer, int sequences) {
      CacheLayout layout =
          new CacheLayout(
              CacheLayout.PAGE_POSITIONS,
              CacheType.F16,
              List.of(LayerState.recurrent(7), mixer.state()));
      List<Device.Recurrent> states = new ArrayList<>();
      for (int i = 0; i < sequences; i++) {
        states.add(device.allocateRecurrent(layout));
      }
      return new Run(device, device.load(mixer), states);
    }

    /** One step: the next {@code counts[i]} rows of each sequence. */
    float[][] step(float[][] x, int[] done, int... counts) {
      List<Batch.Segment> segments = new ArrayList<>();
      float[] values = new float[0];
      for (int i = 0; i < counts.length; i++) {
        Device.Recurrent state = sequences.get(i);
        segments.add(
            Pieces.segment(
                new Batch.Pages() {
                  @Override
                  public Device.Page page(int index) {
                    throw new AssertionError("there are no pages");
                  }

                  @Override
                  public Device.Recurrent recurrent() {
                    return state;
                  }
                },
                done[i],
                counts[i]));
        int at = values.length;
        values = Arrays.copyOf(values, at + counts[i] * HIDDEN);
        System.arraycopy(x[i], done[i] * HIDDEN, values, at, counts[i] * HIDDEN);
      }
      Batch batch = new Batch(segments);
      Device.Rows in = device.allocate(batch.rows(), HIDDEN);
      Device.Rows out = device.allocate(batch.rows(), HIDDEN);
      device.write(values, batch.rows(), in);
      device.mixSequence(mixer, 1, batch, in, out);
      float[][] results = new float[counts.length][];
      int row = 0;
      for (int i = 0; i < counts.length; i++) {
        results[i] = Pieces.read(device, out, row, counts[i], HIDDEN);
        row += counts[i];
        done[i] += counts[i];
      }
      return results;
    }

    /** All rows of one sequence, in pieces. */
    static float[] whole(Device device, SequenceMixer mixer, float[] x, int... pieces) {
      Run run = of(device, mixer, 1);
      int[] before = new int[1];
      return Pieces.run(
          x, HIDDEN, pieces, (done, count, piece) -> run.step(new float[][] {x}, before, count)[0]);
    }
  }

  private static float[] rows(int count) {
    return SelfTest.randomRows(count * HIDDEN, RANDOM);
  }

  @ParameterizedTest
  @EnumSource
  void agreesWithTheScalarDevice(Kind kind) {
    SequenceMixer mixer = kind.make(TensorType.F32);
    float[] x = rows(70);
    try (Device scalar = new ScalarDevice();
        Device cpu = new CpuDevice(Kernels.vector(), "cpu", 2)) {
      float[] expected = Run.whole(scalar, mixer, x, 33);
      float[] actual = Run.whole(cpu, mixer, x, 33);
      double range = Differences.largest(expected);
      double difference = Differences.relative(expected, actual);
      assertTrue(range > 0.01 && difference < 2e-5, () -> "differs by " + difference);
    }
  }

  @ParameterizedTest
  @EnumSource
  void pieceThreadAndKernelChangeNoBit(Kind kind) {
    SequenceMixer mixer = kind.make(TensorType.Q8_0);
    float[] x = rows(40);
    try (Device one = new CpuDevice(Kernels.vector(), "cpu", 1);
        Device three = new CpuDevice(Kernels.vector(), "cpu", 3);
        Device plain = new CpuDevice(Kernels.scalar(), "cpu", 2);
        Device scalar = new ScalarDevice()) {
      float[] whole = Run.whole(one, mixer, x, 40);
      assertArrayEquals(whole, Run.whole(three, mixer, x, 40));
      assertArrayEquals(whole, Run.whole(three, mixer, x, 1));
      assertArrayEquals(whole, Run.whole(one, mixer, x, 2, 1, 32));
      assertArrayEquals(whole, Run.whole(plain, mixer, x, 7));
      assertArrayEquals(Run.whole(scalar, mixer, x, 40), Run.whole(scalar, mixer, x, 1, 9));
    }
  }

  @ParameterizedTest
  @EnumSource
  void neighboursInTheBatchChangeNoBit(Kind kind) {
    SequenceMixer mixer = kind.make(TensorType.F32);
    float[][] x = {rows(12), rows(12), rows(12)};
    for (boolean fast : new boolean[] {false, true}) {
      try (Device device = fast ? new CpuDevice(Kernels.vector(), "cpu", 2) : new ScalarDevice()) {
        Run run = Run.of(device, mixer, 3);
        int[] done = new int[3];
        float[][] first = run.step(x, done, 5, 1, 3);
        float[][] second = run.step(x, done, 7, 11, 9);
        for (int i = 0; i < 3; i++) {
          float[] both = Arrays.copyOf(first[i], x[i].length);
          System.arraycopy(second[i], 0, both, first[i].length, second[i].length);
          assertArrayEquals(Run.whole(device, mixer, x[i], 12), both);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCopyOfTheStateGoesItsOwnWay(Kind kind) {
    SequenceMixer mixer = kind.make(TensorType.F32);
    float[] x = rows(9);
    float[] other = x.clone();
    System.arraycopy(rows(4), 0, other, 5 * HIDDEN, 4 * HIDDEN);
    for (boolean fast : new boolean[] {false, true}) {
      try (Device device = fast ? new CpuDevice(Kernels.vector(), "cpu", 2) : new ScalarDevice()) {
        Run run = Run.of(device, mixer, 2);
        int[] done = new int[2];
        run.step(new float[][] {x}, done, 5);
        device.copyRecurrent(run.sequences.get(0), run.sequences.get(1));
        done[1] = 5;
        float[][] ends = run.step(new float[][] {x, other}, done, 4, 4);
        assertArrayEquals(end(Run.whole(device, mixer, x, 9)), ends[0]);
        assertArrayEquals(end(Run.whole(device, mixer, other, 9)), ends[1]);
      }
    }
  }

  private static float[] end(float[] all) {
    return Arrays.copyOfRange(all, 5 * HIDDEN, 9 * HIDDEN);
  }
}
