// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.moe4j.device.cpu.QuantizedTiles.Form;

/**
 * {@link BandMatmul} in machine code that is written when the first device is opened: x86-64 under
 * Linux, AVX512-VNNI for vectors of 512 bits, AVX2 for those of 256. It gives the bits of {@link
 * PortableMatmul}, which is in its place elsewhere, with the system property {@code
 * moe4j.machine-code=off}, where the system does not allow code to be made, and should a test at
 * the start find another result.
 */
final class MachineMatmul implements BandMatmul {

  /** The system property that switches it off. */
  static final String PROPERTY = "moe4j.machine-code";

  private static final Set<String> VNNI_FLAGS =
      Set.of("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni");
  private static final Set<String> AVX2_FLAGS = Set.of("avx2", "fma");

  private static final float[] NO_BIAS = new float[Tiles.BAND];

  private final KernelCode code;

  /** For each form the kernels of one row, two rows and so on. */
  private final Map<Form, MemorySegment[]> kernels = new EnumMap<>(Form.class);

  private MachineMatmul(KernelCode code) {
    this.code = code;
    List<byte[]> functions = new ArrayList<>();
    for (Form form : Form.values()) {
      for (int rows = 1; rows <= code.mostRows(); rows++) {
        functions.add(code.write(form, rows));
      }
    }
    List<MemorySegment> placed = CodeMemory.executable(functions);
    int at = 0;
    for (Form form : Form.values()) {
      int next = at + code.mostRows();
      kernels.put(form, placed.subList(at, next).toArray(MemorySegment[]::new));
      at = next;
    }
  }

  /** The instructions it uses, in words. */
  String name() {
    return code.name();
  }

  /** The one for this process, if there is one. */
  static Optional<MachineMatmul> find() {
    return Optional.ofNullable(Found.MATMUL);
  }

  private static final class Found {
    static final @Nullable MachineMatmul MATMUL = make();

    private static @Nullable MachineMatmul make() {
      if (Native.CHECKED || "off".equals(System.getProperty(PROPERTY))) {
        return null;
      }
      return suitable().map(Found::make).orElse(null);
    }

    private static @Nullable MachineMatmul make(KernelCode code) {
      try {
        MachineMatmul made = new MachineMatmul(code);
        return SelfTest.passes(made) ? made : null;
      } catch (UnsupportedOperationException | IllegalCallerException e) {
        return null;
      }
    }
  }

  /** Apart, since there are systems on which code cannot be called. */
  private static final class Calls {
    /** The function that it calls comes with each call, so that the handle is a constant. */
    static final MethodHandle KERNEL =
        Linker.nativeLinker()
            .downcallHandle(
                FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                Linker.Option.critical(false));
  }

  private static Optional<KernelCode> suitable() {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    if (!system.equals("linux") || !System.getProperty("os.arch", "").equals("amd64")) {
      return Optional.empty();
    }
    Set<String> flags = processorFlags();
    if (Lanes.BITS == 512 && flags.containsAll(VNNI_FLAGS)) {
      return Optional.of(new VnniCode());
    }
    if (Lanes.BITS >= 256 && flags.containsAll(AVX2_FLAGS)) {
      return Optional.of(new Avx2Code());
    }
    return Optional.empty();
  }

  /** What the processor can do and the system lets programs use. */
  private static Set<String> processorFlags() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line ->
              Set.copyOf(Splitter.on(' ').splitToList(line.substring(line.indexOf(':') + 1))))
          .orElse(Set.of());
    } catch (IOException | UncheckedIOException e) {
      return Set.of();
    }
  }

  @Override
  public QuantizedRows allocate(int capacity, int width) {
    return new RecordRows(capacity, width);
  }

  @Override
  public void band(
      Kernels others,
      QuantizedTiles tiles,
      int band,
      QuantizedRows in,
      int[] rows,
      int from,
      int to,
      float @Nullable [] bias,
      float[] out,
      Scratch scratch) {
    RecordRows records = (RecordRows) in;
    MemorySegment[] forForm = Objects.requireNonNull(kernels.get(tiles.form()));
    int width = tiles.width(band);
    int most = code.mostRows();
    long address = tiles.bandAddress(band);
    long blocks = tiles.inputs() / RowQuantizer.BLOCK;
    for (int i = from; i < to; i += most) {
      int count = Math.min(most, to - i);
      for (int row = 0; row < count; row++) {
        MemorySegment.copy(
            bias == null ? NO_BIAS : bias,
            bias == null ? 0 : band * Tiles.BAND,
            scratch.machine,
            JAVA_FLOAT,
            Scratch.outputs(row),
            width);
        scratch.machine.setAtIndex(JAVA_LONG, row, records.address(rows[i + row]));
      }
      call(
          forForm[count - 1],
          address,
          blocks,
          scratch.machine.address(),
          scratch.machine.address() + Scratch.outputs(0));
      for (int row = 0; row < count; row++) {
        MemorySegment.copy(
            scratch.machine,
            JAVA_FLOAT,
            Scratch.outputs(row),
            out,
            (i + row) * tiles.outputs() + band * Tiles.BAND,
            width);
      }
    }
  }

  private static void call(MemorySegment kernel, long band, long blocks, long rows, long y) {
    try {
      Calls.KERNEL.invokeExact(kernel, band, blocks, rows, y);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
