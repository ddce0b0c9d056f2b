// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** Finds the tokens that end an answer. */
final class EndTokens {

  /** What the families call the tokens that end a turn, a message or a text. */
  private static final Set<String> NAMES =
      Set.of(
          "</s>",
          "<eos>",
          "<|endoftext|>",
          "<|end_of_text|>",
          "<|eot_id|>",
          "<|eom_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<end_of_turn>",
          "<turn|>",
          "<|tool_response>",
          "<|eot|>",
          "<|eom|>",
          "<end_of_utterance>",
          "<\uFF5Cend\u2581of\u2581sentence\uFF5C>",
          "[EOS]",
          "[EOT]",
          "<EOT>",
          "[e~[");

  private EndTokens() {}

  /** Whether a token of this name ends an answer, if it is a special one. */
  static boolean isName(String name) {
    return NAMES.contains(name);
  }

  /**
   * The tokens given, and those special ones that mean an end by their names.
   *
   * @param builder the vocabulary
   * @param given tokens that the file says end a text, a turn or a message
   */
  static List<Integer> find(TokenTable.Builder builder, OptionalInt... given) {
    TreeSet<Integer> ends = new TreeSet<>();
    for (String name : NAMES) {
      int id = builder.id(name);
      if (id >= 0 && builder.isSpecial(id)) {
        ends.add(id);
      }
    }
    // Where both of these exist, an answer is several messages, and this one only ends a message.
    if (builder.id("<|return|>") >= 0 && builder.id("<|call|>") >= 0) {
      ends.remove(builder.id("<|end|>"));
    }
    for (OptionalInt id : given) {
      id.ifPresent(ends::add);
    }
    return new ArrayList<>(ends);
  }
}
