// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps special tokens that stand in a caller's messages from being taken as special. Before the
 * template runs, a mark is put into each such place; afterwards the marks are taken out again and
 * say where the rendered prompt must be read as text.
 */
final class SpecialText {

  /** A code point that Unicode sets aside for a process's own use and that no text may contain. */
  private static final char MARK = '\uFDD0';

  private final List<String> specials;

  /** For all special tokens of a vocabulary, by their names. */
  SpecialText(List<String> specials) {
    this.specials = List.copyOf(specials);
  }

  /** A rendered prompt without marks, and where a special token must not begin. */
  record Marked(String text, BitSet literal) {}

  /**
   * The value with a mark in every special token that its texts hold; JSON-like values are walked
   * through.
   */
  @Nullable Object mark(@Nullable Object value) {
    return switch (value) {
      case String text -> mark(text);
      case List<?> list -> {
        List<@Nullable Object> marked = new ArrayList<>(list.size());
        list.forEach(element -> marked.add(mark(element)));
        yield marked;
      }
      case Map<?, ?> map -> {
        Map<Object, @Nullable Object> marked = new LinkedHashMap<>();
        map.forEach((key, element) ->
            marked.put(key instanceof String name ? mark(name) : key, mark(element)));
        yield marked;
      }
      case null -> null;
      default -> value;
    };
  }

  private String mark(String text) {
    // A caller's own marks would shift the places.
    String clean = text.indexOf(MARK) < 0 ? text : text.replace(String.valueOf(MARK), "\uFFFD");
    for (String special : specials) {
      if (special.length() > 1 && clean.contains(special)) {
        clean =
            clean.replace(special, special.charAt(0) + String.valueOf(MARK) + special.substring(1));
      }
    }
    return clean;
  }

  /** Takes the marks out of a rendered prompt. */
  static Marked unmark(String rendered) {
    BitSet literal = new BitSet();
    if (rendered.indexOf(MARK) < 0) {
      return new Marked(rendered, literal);
    }
    StringBuilder text = new StringBuilder(rendered.length());
    for (int i = 0; i < rendered.length(); i++) {
      char c = rendered.charAt(i);
      if (c == MARK) {
        literal.set(Math.max(0, text.length() - 1));
      } else {
        text.append(c);
      }
    }
    return new Marked(text.toString(), literal);
  }
}
