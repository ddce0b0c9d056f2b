// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/**
 * Text that {@code |safe} or {@code |escape} marked as finished HTML. It is a string in every
 * respect, but text that is joined to it with an operator or a string method is HTML-escaped first.
 *
 * @param text the text
 */
record Markup(String text) {

  /** The text with the five characters that HTML reserves replaced. */
  static String escape(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&#34;");
        case '\'' -> out.append("&#39;");
        default -> out.append(c);
      }
    }
    return out.toString();
  }
}
