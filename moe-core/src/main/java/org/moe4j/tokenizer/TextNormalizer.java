// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.text.Normalizer;
import java.util.List;
import org.moe4j.MixtureException;

/** Rewrites a text before it is split. */
@FunctionalInterface
interface TextNormalizer {

  /** How much longer a text may become; the longest normal form of a character has 18. */
  int MAX_GROWTH = 32;

  /**
   * Rewrites a text.
   *
   * @param text text without unpaired surrogates
   */
  String apply(String text);

  /** Leaves the text as it is. */
  static TextNormalizer none() {
    return text -> text;
  }

  /**
   * Applies normalizers one after the other.
   *
   * @param where file and key, for messages
   * @param parts the normalizers
   */
  static TextNormalizer sequence(String where, List<TextNormalizer> parts) {
    return text -> {
      String result = text;
      for (TextNormalizer part : parts) {
        result = part.apply(result);
        // Replacements that feed each other could double the text again and again.
        if (result.length() > MAX_GROWTH * (text.length() + 1L)) {
          throw blowsUp(where);
        }
      }
      return result;
    };
  }

  /**
   * The exception for a normalizer that makes a text more than {@link #MAX_GROWTH} times longer.
   */
  static MixtureException.Unsupported blowsUp(String where) {
    return new MixtureException.Unsupported(
        where, "a normalizer that blows up the text", "up to " + MAX_GROWTH + " times");
  }

  /** Writes something before every text that is not empty. */
  static TextNormalizer prepend(String prefix) {
    return text -> text.isEmpty() ? text : prefix + text;
  }

  /** Replaces every occurrence of a text that is not empty. */
  static TextNormalizer replace(String target, String replacement) {
    return text -> text.replace(target, replacement);
  }

  /** Replaces every match of a pattern. */
  static TextNormalizer replace(SplitPattern pattern, String replacement) {
    return text -> {
      StringBuilder result = new StringBuilder();
      pattern.split(
          text,
          (start, end, match) -> {
            if (match) {
              result.append(replacement);
            } else {
              result.append(text, start, end);
            }
          });
      return result.toString();
    };
  }

  /**
   * Writes a mark for every space.
   *
   * @param mark the mark
   * @param prefix whether one more mark stands before the first word
   * @param single whether every word has exactly one mark before it, whatever the spaces
   */
  static TextNormalizer marked(String mark, boolean prefix, boolean single) {
    return text -> {
      StringBuilder marked = new StringBuilder(text.length() + 1);
      boolean inWord = false;
      boolean first = true;
      for (int i = 0; i < text.length(); i++) {
        boolean space = text.charAt(i) == ' ';
        if (space ? !single : !inWord && (single || (prefix && first))) {
          marked.append(mark);
        }
        if (!space) {
          marked.append(text.charAt(i));
          first = false;
        }
        inWord = !space;
      }
      return marked.toString();
    };
  }

  /** Takes away white space before the text, after it, or both. */
  static TextNormalizer strip(boolean left, boolean right) {
    return text -> {
      int start = 0;
      int end = text.length();
      while (left && start < end && UnicodeSets.WHITE_SPACE.contains(text.charAt(start))) {
        start++;
      }
      while (right && start < end && UnicodeSets.WHITE_SPACE.contains(text.charAt(end - 1))) {
        end--;
      }
      return text.substring(start, end);
    };
  }

  /** One of Unicode's normal forms. */
  static TextNormalizer unicode(Normalizer.Form form) {
    return text -> isInert(text) ? text : Normalizer.normalize(MarkOrder.sort(text), form);
  }

  /** Whether the text holds only ASCII characters, which every normal form leaves alone. */
  private static boolean isInert(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7F) {
        return false;
      }
    }
    return true;
  }
}
