// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.Arrays;

/**
 * Turns token ids into text as they come. What it returns is complete as Unicode: bytes of a
 * character that is not yet whole (at most three) are held back. Fed with all ids of a text it
 * gives what {@link ModelTokenizer#decode} gives.
 *
 * <p>Special tokens give no text, nor do ids that the vocabulary has no token for: models often
 * have more rows than their tokenizer has tokens. For one thread.
 */
public final class StreamDecoder {

  private static final char REPLACEMENT = '\uFFFD';

  private final TokenTable tokens;

  /** How many leading spaces are still to be left out. */
  private int spaces;

  private boolean dropSpacesOfNext;

  /** The character so far, the number of bytes it still needs, and the range of the next one. */
  private int partial;

  private int needed;
  private int lower = 0x80;
  private int upper = 0xBF;

  private char[] out = new char[64];
  private int size;

  StreamDecoder(TokenTable tokens, LeadingSpace leading, boolean atStart) {
    this.tokens = tokens;
    this.spaces = atStart && leading == LeadingSpace.DROP_ONE ? 1 : 0;
    this.dropSpacesOfNext = atStart && leading == LeadingSpace.DROP_IN_FIRST_TOKEN;
  }

  /** What the encoder put before a text, and decoding takes away again. */
  enum LeadingSpace {
    /** Nothing is taken away. */
    KEEP,
    /** One space at the beginning of the text. */
    DROP_ONE,
    /** All spaces of the first token. */
    DROP_IN_FIRST_TOKEN
  }

  /**
   * Takes the next token.
   *
   * @param id token id, not negative
   * @return the text that is complete with it, possibly empty
   */
  public String add(int id) {
    size = 0;
    append(id);
    return taken();
  }

  /**
   * Ends the text.
   *
   * @return U+FFFD if it ends within a character, else nothing
   */
  public String finish() {
    size = 0;
    end();
    return taken();
  }

  /** Decodes a whole text. */
  String decodeAll(int[] ids) {
    size = 0;
    for (int id : ids) {
      append(id);
    }
    end();
    return taken();
  }

  private void append(int id) {
    if (id >= tokens.size() || tokens.isSpecial(id)) {
      return;
    }
    byte[] bytes = tokens.bytes();
    int end = tokens.end(id);
    for (int at = tokens.start(id); at < end; at++) {
      if (!(dropSpacesOfNext && bytes[at] == ' ')) {
        take(bytes[at] & 0xFF);
      }
    }
    dropSpacesOfNext = false;
  }

  private void end() {
    if (needed > 0) {
      needed = 0;
      emit(REPLACEMENT);
    }
  }

  private String taken() {
    return size == 0 ? "" : new String(out, 0, size);
  }

  /**
   * Takes one byte. A sequence that breaks off becomes one U+FFFD, and the byte that broke it is
   * looked at again.
   *
   * @see <a href="https://encoding.spec.whatwg.org/#utf-8-decoder">Encoding Standard, UTF-8
   *     decoder</a>
   */
  private void take(int b) {
    if (needed > 0) {
      if (b >= lower && b <= upper) {
        lower = 0x80;
        upper = 0xBF;
        partial = partial << 6 | (b & 0x3F);
        if (--needed == 0) {
          emit(partial);
        }
        return;
      }
      lower = 0x80;
      upper = 0xBF;
      needed = 0;
      emit(REPLACEMENT);
    }
    if (b < 0x80) {
      emit(b);
    } else if (b >= 0xC2 && b <= 0xDF) {
      partial = b & 0x1F;
      needed = 1;
    } else if (b >= 0xE0 && b <= 0xEF) {
      lower = b == 0xE0 ? 0xA0 : 0x80; // no overlong forms
      upper = b == 0xED ? 0x9F : 0xBF; // no surrogates
      partial = b & 0x0F;
      needed = 2;
    } else if (b >= 0xF0 && b <= 0xF4) {
      lower = b == 0xF0 ? 0x90 : 0x80;
      upper = b == 0xF4 ? 0x8F : 0xBF; // nothing beyond U+10FFFF
      partial = b & 0x07;
      needed = 3;
    } else {
      emit(REPLACEMENT);
    }
  }

  private void emit(int codePoint) {
    if (spaces > 0) {
      if (codePoint == ' ') {
        spaces--;
        return;
      }
      spaces = 0;
    }
    if (size + 2 > out.length) {
      out = Arrays.copyOf(out, 2 * out.length);
    }
    size += Character.toChars(codePoint, out, size);
  }
}
