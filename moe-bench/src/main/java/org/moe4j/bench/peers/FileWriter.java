// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Writes a file of a head and regions whose bytes are made while they are written, in parallel. */
final class FileWriter {

  /** About 8 MB, and a multiple of the block sizes of all types that are written here. */
  private static final long PART = 85_680L * 96;

  private FileWriter() {}

  /** Makes the bytes of a region. */
  @FunctionalInterface
  interface Content {
    /**
     * Fills a part; called by several threads.
     *
     * @param part little-endian, to be filled from its start to its end
     * @param offset where the part begins in the region, at the start of a block
     */
    void fill(ByteBuffer part, long offset);
  }

  /**
   * A part of the file.
   *
   * @param offset where it begins in the file
   * @param bytes its length
   * @param content makes its bytes
   */
  record Region(long offset, long bytes, Content content) {

    private Stream<Region> parts() {
      List<Region> parts = new ArrayList<>();
      for (long at = 0; at < bytes; at += PART) {
        long from = at;
        parts.add(
            new Region(
                offset + at,
                Math.min(PART, bytes - at),
                (part, start) -> content.fill(part, from + start)));
      }
      return parts.stream();
    }

    private void writeTo(FileChannel file) {
      ByteBuffer part = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
      content.fill(part, 0);
      try {
        for (part.rewind(); part.hasRemaining(); ) {
          file.write(part, offset + part.position());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * Writes a file; it appears under its name when it is whole.
   *
   * @param file its name
   * @param head its first bytes
   * @param regions the rest; what lies between them is zero
   */
  static void write(Path file, byte[] head, List<Region> regions) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (FileChannel channel =
        FileChannel.open(
            part,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      Region first = new Region(0, head.length, (bytes, offset) -> bytes.put(head));
      first.writeTo(channel);
      regions.stream().flatMap(Region::parts).parallel().forEach(region -> region.writeTo(channel));
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
