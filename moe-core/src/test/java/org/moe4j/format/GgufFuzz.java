// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import org.moe4j.fuzz.Contract;

/** GGUF files. */
public final class GgufFuzz {

  private GgufFuzz() {}

  /**
   * Parses one file and reads all that it says it holds.
   *
   * @param bytes the file
   */
  public static void fuzzerTestOneInput(byte[] bytes) {
    Contract.check(() -> {
      GgufParser.Part part = GgufParser.parse("fuzz.gguf", MemorySegment.ofArray(bytes));
      FormatFiles.touch(part.config(), part.tensors());
    });
  }
}
