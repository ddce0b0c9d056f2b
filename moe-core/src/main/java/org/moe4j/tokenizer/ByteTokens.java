// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.HexFormat;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/**
 * The token of each single byte, for vocabularies made of bytes or falling back to them. Immutable.
 */
final class ByteTokens {

  /** No byte, or no token. */
  static final int NONE = -1;

  private final int[] ids = new int[256];

  private ByteTokens(IntFunction<String> nameOf, ToIntFunction<String> idOf) {
    for (int b = 0; b < ids.length; b++) {
      ids[b] = idOf.applyAsInt(nameOf.apply(b));
    }
  }

  /**
   * The tokens of byte-level vocabularies.
   *
   * @param idOf the id of a name, or {@link #NONE}
   */
  static ByteTokens ofAlphabet(ToIntFunction<String> idOf) {
    return new ByteTokens(b -> Character.toString(ByteAlphabet.charOf(b)), idOf);
  }

  /**
   * The tokens named {@code <0x00>} to {@code <0xFF>}.
   *
   * @param idOf the id of a name, or {@link #NONE}
   */
  static ByteTokens ofHexNames(ToIntFunction<String> idOf) {
    return new ByteTokens(b -> String.format(Locale.ROOT, "<0x%02X>", b), idOf);
  }

  /** No token for any byte. */
  static ByteTokens none() {
    return new ByteTokens(_ -> "", _ -> NONE);
  }

  /** The token of a byte, or {@link #NONE}. */
  int id(byte b) {
    return ids[b & 0xFF];
  }

  /** The byte value that a name such as {@code <0x0A>} stands for, or {@link #NONE}. */
  static int value(String name) {
    boolean form = name.length() == 6 && name.startsWith("<0x") && name.endsWith(">");
    if (!form || !HexFormat.isHexDigit(name.charAt(3)) || !HexFormat.isHexDigit(name.charAt(4))) {
      return NONE;
    }
    return HexFormat.fromHexDigits(name, 3, 5);
  }
}
