// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.moe4j.format.Config;
import org.moe4j.format.FileParts;
import org.moe4j.fuzz.Contract;

/** Tokenizers: a {@code tokenizer.json}, or the metadata of a GGUF file. */
public final class TokenizerFuzz {

  private static final byte[] GGUF = {'G', 'G', 'U', 'F'};

  private static final String TEXT =
      "Hello  world\u2019s <s> 12345 <|end|>\n\n"
          + "\t for(i=0;;) \u00e9e\u0301 \u4f60\u597d \ud83d\ude80 \ud800 \u0000 \uff21\ufb01 ";

  private static final Path FILE = temporary();

  private TokenizerFuzz() {}

  private static Path temporary() {
    try {
      Path file = Files.createTempFile("moe4j-fuzz", ".json");
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads one tokenizer and takes a text there and back.
   *
   * @param bytes the file
   */
  public static void fuzzerTestOneInput(byte[] bytes) {
    Contract.check(() -> use(read(bytes)));
  }

  private static ModelTokenizer read(byte[] bytes) {
    if (bytes.length >= 4 && Arrays.equals(bytes, 0, 4, GGUF, 0, 4)) {
      return Tokenizers.fromGguf(
          FileParts.gguf(Path.of("fuzz.gguf"), MemorySegment.ofArray(bytes)).config());
    }
    try {
      Files.write(FILE, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Tokenizers.fromJson(Config.readJson(FILE), Optional.empty());
  }

  private static void use(ModelTokenizer tokenizer) {
    for (boolean special : new boolean[] {false, true}) {
      int[] ids = tokenizer.encode(TEXT, special);
      for (int id : ids) {
        if (id < 0 || id >= tokenizer.size()) {
          throw new AssertionError("id " + id + " of " + tokenizer.size());
        }
      }
      tokenizer.decode(ids);
      StreamDecoder stream = tokenizer.stream(special);
      for (int id : ids) {
        stream.add(id);
      }
      stream.finish();
    }
  }
}
