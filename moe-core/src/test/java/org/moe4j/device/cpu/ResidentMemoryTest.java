// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.Linear;

/** What was repacked is not also kept. */
class ResidentMemoryTest {

  private static final Path MAPS = Path.of("/proc/self/smaps");

  /** The bytes of a file that this process has in memory, as Linux tells it. */
  private static long resident(Path file) throws IOException {
    long kilobytes = 0;
    boolean within = false;
    for (String line : Files.readAllLines(MAPS)) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        within = line.endsWith(file.toString());
      } else if (within && line.startsWith("Rss:")) {
        kilobytes += Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return kilobytes << 10;
  }

  private static byte readAll(MemorySegment data) {
    byte all = 0;
    for (long at = 0; at < data.byteSize(); at += 512) {
      all |= data.get(ValueLayout.JAVA_BYTE, at);
    }
    return all;
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_0", "Q6_K", "F16", "F8_E4M3"})
  void thePagesOfAFileLeaveOnceItsExpertsAreLoaded(TensorType type, @TempDir Path folder)
      throws IOException {
    assumeTrue(Files.isReadable(MAPS), "only Linux tells");
    long[] shape = {5, 200, 4096};
    byte[] bytes = Tensors.random(type, new Random(1), shape).data().toArray(ValueLayout.JAVA_BYTE);
    // Tensors begin where they like in a file, so that pages are shared by neighbours.
    int before = 1000;
    Path file = folder.toRealPath().resolve("experts");
    byte[] whole = new byte[before + bytes.length];
    System.arraycopy(bytes, 0, whole, before, bytes.length);
    Files.write(file, whole);
    try (Arena arena = Arena.ofShared();
        FileChannel channel = FileChannel.open(file);
        CpuDevice cpu = new CpuDevice(Kernels.scalar(), "cpu", 2)) {
      MemorySegment data = channel.map(FileChannel.MapMode.READ_ONLY, before, bytes.length, arena);
      TensorData experts = TensorData.of("file", "experts", type, data, shape);
      readAll(data);
      assertTrue(resident(file) >= bytes.length, "all of it was read");
      for (int expert = 0; expert < shape[0]; expert++) {
        cpu.load(Linear.of(experts.slice(expert)));
      }
      long left = resident(file);
      assertTrue(10 * left <= bytes.length, left + " bytes are left");
    }
  }

  /** Whoever reads a page again gets it again. */
  @Test
  void whatWasLoadedCanBeLoadedOnceMore(@TempDir Path folder) throws IOException {
    byte[] bytes =
        Tensors.random(TensorType.Q4_0, new Random(1), 256, 1024)
            .data()
            .toArray(ValueLayout.JAVA_BYTE);
    Path file = Files.write(folder.resolve("weight"), bytes);
    try (Arena arena = Arena.ofShared();
        FileChannel channel = FileChannel.open(file);
        CpuDevice cpu = new CpuDevice(Kernels.scalar(), "cpu", 2)) {
      MemorySegment data = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes.length, arena);
      Linear linear = Linear.of(TensorData.of("file", "w", TensorType.Q4_0, data, 256, 1024));
      assertEquals(tiles(cpu, linear), tiles(cpu, linear));
    }
  }

  private static ByteBuffer tiles(CpuDevice cpu, Linear linear) {
    QuantizedTiles tiles = (QuantizedTiles) ((CpuLinear) cpu.load(linear)).tiles();
    return ByteBuffer.wrap(
        Native.segment(tiles.address())
            .asSlice(Native.offset(tiles.address()), Packer.bytes(linear.weight()))
            .toArray(ValueLayout.JAVA_BYTE));
  }
}
