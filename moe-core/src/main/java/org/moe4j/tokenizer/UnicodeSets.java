// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.lang.Character.UnicodeScript;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * Named sets of code points as the split patterns of tokenizers mean them: general categories,
 * scripts, white space.
 *
 * <p>Categories are those of the running JDK; JDK 25 has Unicode 16, the version of the reference
 * library.
 */
final class UnicodeSets {

  static final CodePointSet ALL = CodePointSet.EMPTY.complement();

  static final CodePointSet NON_ASCII = CodePointSet.range(0x80, Character.MAX_CODE_POINT);

  /**
   * The Unicode property White_Space, which is what {@code \s} means in a tokenizer, unlike in
   * Java.
   */
  static final CodePointSet WHITE_SPACE =
      CodePointSet.range('\t', '\r')
          .union(CodePointSet.of(' '))
          .union(CodePointSet.of(0x85))
          .union(CodePointSet.of(0xA0))
          .union(CodePointSet.of(0x1680))
          .union(CodePointSet.range(0x2000, 0x200A))
          .union(CodePointSet.range(0x2028, 0x2029))
          .union(CodePointSet.of(0x202F))
          .union(CodePointSet.of(0x205F))
          .union(CodePointSet.of(0x3000));

  private static final Map<String, Integer> CATEGORIES =
      Map.ofEntries(
          Map.entry("Lu", bit(Character.UPPERCASE_LETTER)),
          Map.entry("Ll", bit(Character.LOWERCASE_LETTER)),
          Map.entry("Lt", bit(Character.TITLECASE_LETTER)),
          Map.entry("Lm", bit(Character.MODIFIER_LETTER)),
          Map.entry("Lo", bit(Character.OTHER_LETTER)),
          Map.entry("Mn", bit(Character.NON_SPACING_MARK)),
          Map.entry("Mc", bit(Character.COMBINING_SPACING_MARK)),
          Map.entry("Me", bit(Character.ENCLOSING_MARK)),
          Map.entry("Nd", bit(Character.DECIMAL_DIGIT_NUMBER)),
          Map.entry("Nl", bit(Character.LETTER_NUMBER)),
          Map.entry("No", bit(Character.OTHER_NUMBER)),
          Map.entry("Pc", bit(Character.CONNECTOR_PUNCTUATION)),
          Map.entry("Pd", bit(Character.DASH_PUNCTUATION)),
          Map.entry("Ps", bit(Character.START_PUNCTUATION)),
          Map.entry("Pe", bit(Character.END_PUNCTUATION)),
          Map.entry("Pi", bit(Character.INITIAL_QUOTE_PUNCTUATION)),
          Map.entry("Pf", bit(Character.FINAL_QUOTE_PUNCTUATION)),
          Map.entry("Po", bit(Character.OTHER_PUNCTUATION)),
          Map.entry("Sm", bit(Character.MATH_SYMBOL)),
          Map.entry("Sc", bit(Character.CURRENCY_SYMBOL)),
          Map.entry("Sk", bit(Character.MODIFIER_SYMBOL)),
          Map.entry("So", bit(Character.OTHER_SYMBOL)),
          Map.entry("Zs", bit(Character.SPACE_SEPARATOR)),
          Map.entry("Zl", bit(Character.LINE_SEPARATOR)),
          Map.entry("Zp", bit(Character.PARAGRAPH_SEPARATOR)));

  private static final int WORD_TYPES =
      bit(Character.NON_SPACING_MARK)
          | bit(Character.COMBINING_SPACING_MARK)
          | bit(Character.ENCLOSING_MARK)
          | bit(Character.DECIMAL_DIGIT_NUMBER)
          | bit(Character.CONNECTOR_PUNCTUATION);

  private UnicodeSets() {}

  /**
   * What {@code \w} means in a pattern: alphabetic characters, marks, decimal digits, connectors,
   * and (an oddity of the reference) the superscripts and fractions of Latin-1.
   */
  static CodePointSet word() {
    CodePointSet oddities =
        CodePointSet.range(0xB2, 0xB3)
            .union(CodePointSet.of(0xB9))
            .union(CodePointSet.range(0xBC, 0xBE));
    return where(c -> isWord(c) && !isJoiner(c)).union(oddities);
  }

  /**
   * The set that {@code \p{name}} stands for: a general category of one or two letters, or a
   * script.
   *
   * @return empty for a name that is neither
   */
  static Optional<CodePointSet> property(String name) {
    int mask = 0;
    for (Map.Entry<String, Integer> category : CATEGORIES.entrySet()) {
      boolean group = name.length() == 1 && category.getKey().startsWith(name);
      if (group || category.getKey().equals(name)) {
        mask |= category.getValue();
      }
    }
    if (mask != 0) {
      return Optional.of(ofTypes(mask));
    }
    if (name.length() < 3) {
      return Optional.empty();
    }
    try {
      UnicodeScript script = UnicodeScript.forName(name);
      return Optional.of(where(c -> UnicodeScript.of(c) == script));
    } catch (IllegalArgumentException unknown) {
      return Optional.empty();
    }
  }

  /** What may not touch a token that is a single word: also the joiners, and no superscripts. */
  static boolean isWord(int codePoint) {
    return Character.isAlphabetic(codePoint)
        || (WORD_TYPES >> Character.getType(codePoint) & 1) != 0
        || isJoiner(codePoint);
  }

  private static boolean isJoiner(int codePoint) {
    return codePoint == 0x200C || codePoint == 0x200D;
  }

  private static int bit(byte type) {
    return 1 << type;
  }

  private static CodePointSet ofTypes(int mask) {
    CodePointSet.Builder builder = new CodePointSet.Builder();
    for (int i = 0; i < Types.OF_ALL.starts.length; i++) {
      builder.next(Types.OF_ALL.starts[i], (mask >> Types.OF_ALL.types[i] & 1) != 0);
    }
    return builder.build();
  }

  private static CodePointSet where(IntPredicate member) {
    CodePointSet.Builder builder = new CodePointSet.Builder();
    for (int c = 0; c < CodePointSet.LIMIT; c++) {
      builder.next(c, member.test(c));
    }
    return builder.build();
  }

  /**
   * The general category of every code point, as runs of equal ones; computed when first needed.
   */
  private static final class Types {
    static final Types OF_ALL = new Types();

    final int[] starts;
    final byte[] types;

    private Types() {
      int[] starts = new int[4096];
      byte[] types = new byte[4096];
      int size = 0;
      for (int c = 0; c < CodePointSet.LIMIT; c++) {
        byte type = (byte) Character.getType(c);
        if (size == 0 || types[size - 1] != type) {
          if (size == starts.length) {
            starts = Arrays.copyOf(starts, 2 * size);
            types = Arrays.copyOf(types, 2 * size);
          }
          starts[size] = c;
          types[size++] = type;
        }
      }
      this.starts = Arrays.copyOf(starts, size);
      this.types = Arrays.copyOf(types, size);
    }
  }
}
