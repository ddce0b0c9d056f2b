// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.moe4j.MixtureException;

/**
 * The bytes of regular files, mapped or copied, with plain words for whatever the file system
 * refuses.
 */
final class FileBytes {

  private static final long CHUNK = 1 << 30;
  private static final long MAX_TEXT = 16L << 20;

  private FileBytes() {}

  /**
   * The size of a regular file. Anything else is refused, since opening a pipe would wait for ever.
   */
  static long size(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        String found =
            Files.isDirectory(file)
                ? "is a directory"
                : Files.exists(file) ? "is no regular file" : "does not exist";
        throw new MixtureException.BadFile(
            file.toString(), null, found + ", expected a file", null);
      }
      return Files.size(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * All bytes of a file, for reading, as long as the arena is open.
   *
   * @param copy reads the file into memory of its own instead of mapping it
   */
  static MemorySegment load(Path file, Arena arena, boolean copy) {
    size(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      return copy
          ? copy(channel, arena.allocate(size))
          : channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (OutOfMemoryError e) {
      throw new MixtureException.Rejected(
          "%s: not enough memory for %d bytes (%s)".formatted(file, size(file), e.getMessage()),
          null);
    }
  }

  private static MemorySegment copy(FileChannel channel, MemorySegment memory) throws IOException {
    for (long done = 0; done < memory.byteSize(); ) {
      long chunk = Math.min(CHUNK, memory.byteSize() - done);
      int read = channel.read(memory.asSlice(done, chunk).asByteBuffer(), done);
      if (read < 0) {
        throw new EOFException("the file became shorter while it was read");
      }
      done += read;
    }
    return memory.asReadOnly();
  }

  /** The text of a UTF-8 file of at most 16 MiB. */
  static String text(Path file) {
    long size = size(file);
    if (size > MAX_TEXT) {
      throw new MixtureException.BadFile(
          file.toString(), null, size + " bytes, expected a text of at most " + MAX_TEXT, null);
    }
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      throw new MixtureException.BadFile(file.toString(), null, "is not valid UTF-8", e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  static MixtureException.BadFile unreadable(Path file, IOException cause) {
    String problem =
        switch (cause) {
          case NoSuchFileException _ -> "does not exist";
          case AccessDeniedException _ -> "may not be read by this user";
          default -> "cannot be read: " + cause;
        };
    return new MixtureException.BadFile(file.toString(), null, problem, cause);
  }
}
