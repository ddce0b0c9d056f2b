// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;
import org.moe4j.tokenizer.PreTokenizer.Behavior;
import org.moe4j.tokenizer.StreamDecoder.LeadingSpace;

/**
 * Reads the normalizer, the pre-tokenizer and the decoder of a {@code tokenizer.json}. A type or an
 * option that would have to be guessed is refused by name.
 *
 * @see <a href="https://huggingface.co/docs/tokenizers/api/pre-tokenizers">the types and their
 *     options</a>
 */
final class JsonStages {

  /** More stages than any tokenizer has; each of them takes memory and a level of the stack. */
  private static final int MAX_STAGES = 32;

  /** Longer insertions are refused, so that a text stays within a small multiple of its length. */
  private static final int MAX_INSERTION = 16;

  private final Config root;

  JsonStages(Config root) {
    this.root = root;
  }

  /** What a pre-tokenizer does, and whether pieces become bytes after it. */
  record Splitting(PreTokenizer preTokenizer, boolean byteLevel) {}

  TextNormalizer normalizer() {
    return root.has("normalizer")
        ? normalizer(root.section("normalizer"), "normalizer")
        : TextNormalizer.none();
  }

  private TextNormalizer normalizer(Config config, String key) {
    String type = config.text("type");
    return switch (type) {
      case "NFC", "NFD", "NFKC", "NFKD" -> TextNormalizer.unicode(Normalizer.Form.valueOf(type));
      case "Prepend" -> TextNormalizer.prepend(insertion(config, key, "prepend"));
      case "Replace" -> replace(config, key);
      case "Strip" ->
          TextNormalizer.strip(config.flag("strip_left", true), config.flag("strip_right", true));
      case "Precompiled" -> charsMap(config, key);
      case "Sequence" -> {
        List<TextNormalizer> parts = new ArrayList<>();
        for (Config part : stages(config.sections("normalizers"), key)) {
          parts.add(normalizer(part, key + ".normalizers[" + parts.size() + "]"));
        }
        yield TextNormalizer.sequence(where(key), parts);
      }
      default ->
          throw unsupported(
              key, type, "NFC, NFD, NFKC, NFKD, Prepend, Replace, Strip, Precompiled and Sequence");
    };
  }

  private TextNormalizer charsMap(Config config, String key) {
    String encoded = config.text("precompiled_charsmap");
    String name = key + ".precompiled_charsmap";
    try {
      CharsMap map = CharsMap.read(root.file(), name, Base64.getDecoder().decode(encoded));
      return map::replaceClusters;
    } catch (IllegalArgumentException notBase64) {
      throw new MixtureException.BadFile(root.file(), name, "is no base64", notBase64);
    }
  }

  private TextNormalizer replace(Config config, String key) {
    String literal = literal(config, key);
    String content = insertion(config, key, "content");
    return literal == null
        ? TextNormalizer.replace(regex(config, key), content)
        : TextNormalizer.replace(literal, content);
  }

  private String insertion(Config config, String key, String name) {
    String text = config.text(name);
    if (text.length() > MAX_INSERTION) {
      throw unsupported(
          key, name + " of " + text.length() + " characters", "up to " + MAX_INSERTION);
    }
    return text;
  }

  private List<Config> stages(List<Config> stages, String key) {
    if (stages.size() > MAX_STAGES) {
      throw unsupported(key, stages.size() + " stages", "up to " + MAX_STAGES);
    }
    return stages;
  }

  Splitting splitting() {
    if (!root.has("pre_tokenizer")) {
      return new Splitting(PreTokenizer.whole(), false);
    }
    List<PreTokenizer> stages = new ArrayList<>();
    boolean byteLevel = false;
    for (Config part : stages("pre_tokenizer", "pretokenizers")) {
      if (byteLevel) {
        throw unsupported(
            "pre_tokenizer", part.text("type") + " after ByteLevel", "ByteLevel last");
      }
      byteLevel = part.text("type").equals("ByteLevel");
      stages.add(preTokenizer(part));
    }
    return new Splitting(PreTokenizer.sequence(stages), byteLevel);
  }

  private PreTokenizer preTokenizer(Config config) {
    String key = "pre_tokenizer";
    String type = config.text("type");
    return switch (type) {
      case "ByteLevel" -> {
        PreTokenizer words =
            config.flag("use_regex", true)
                ? PreTokenizer.isolated(SplitPattern.compile(where(key), PreTokenizer.GPT2))
                : PreTokenizer.whole();
        yield config.flag("add_prefix_space", true)
            ? PreTokenizer.sequence(List.of(PreTokenizer.prefixSpace(), words))
            : words;
      }
      case "Split" -> {
        String literal = literal(config, key);
        yield PreTokenizer.split(
            literal == null ? regex(config, key) : SplitPattern.literal(where(key), literal),
            behavior(config, key),
            config.flag("invert", false));
      }
      case "Digits" ->
          PreTokenizer.isolated(
              SplitPattern.compile(
                  where(key), config.flag("individual_digits", false) ? "\\p{N}" : "\\p{N}+"));
      case "Metaspace" -> metaspace(config, key);
      case "WhitespaceSplit" ->
          PreTokenizer.split(SplitPattern.compile(where(key), "\\s"), Behavior.REMOVED, false);
      default ->
          throw unsupported(
              key, type, "ByteLevel, Split, Digits, Metaspace, WhitespaceSplit and Sequence");
    };
  }

  private Behavior behavior(Config config, String key) {
    String name = config.text("behavior");
    return switch (name) {
      case "Removed" -> Behavior.REMOVED;
      case "Isolated" -> Behavior.ISOLATED;
      case "MergedWithPrevious" -> Behavior.MERGED_WITH_PREVIOUS;
      case "MergedWithNext" -> Behavior.MERGED_WITH_NEXT;
      case "Contiguous" -> Behavior.CONTIGUOUS;
      default ->
          throw new MixtureException.BadFile(
              root.file(), key + ".behavior", "found \"" + name + "\"", null);
    };
  }

  private PreTokenizer metaspace(Config config, String key) {
    String mark = mark(config, key);
    String scheme = scheme(config, key);
    PreTokenizer prefix =
        (text, first, pieces) -> {
          String marked = text.replace(" ", mark);
          boolean prepend = scheme.equals("always") || (scheme.equals("first") && first);
          pieces.piece(prepend && !marked.startsWith(mark) ? mark + marked : marked, first);
        };
    return config.flag("split", true)
        ? PreTokenizer.sequence(
            List.of(
                prefix,
                PreTokenizer.split(
                    SplitPattern.literal(where(key), mark), Behavior.MERGED_WITH_NEXT, false)))
        : prefix;
  }

  /** What stands for a space. */
  private String mark(Config config, String key) {
    return config.has("replacement") ? insertion(config, key, "replacement") : "\u2581";
  }

  private String scheme(Config config, String key) {
    String scheme =
        config.text("prepend_scheme", config.flag("add_prefix_space", true) ? "always" : "never");
    if (!List.of("always", "first", "never").contains(scheme)) {
      throw new MixtureException.BadFile(
          root.file(),
          key + ".prepend_scheme",
          "found \"" + scheme + "\", expected always, first or never",
          null);
    }
    return scheme;
  }

  /** One text in the place of another. */
  record Replacement(String from, String to) {}

  /** How names of tokens become bytes, and what is taken away from the beginning of a text. */
  record Decoding(
      String where,
      boolean byteLevel,
      boolean byteTokens,
      List<Replacement> replacements,
      LeadingSpace leadingSpace) {

    /** The bytes that a token of the model stands for. */
    byte[] bytes(String name) {
      if (byteLevel) {
        byte[] bytes = ByteAlphabet.read(name);
        return bytes == null ? name.getBytes(StandardCharsets.UTF_8) : bytes;
      }
      int value = byteTokens ? ByteTokens.value(name) : ByteTokens.NONE;
      return value == ByteTokens.NONE ? text(name) : new byte[] {(byte) value};
    }

    /** The bytes that a token stands for which is matched as a whole. */
    byte[] text(String content) {
      String text = content;
      for (Replacement replacement : replacements) {
        text = text.replace(replacement.from(), replacement.to());
        if (text.length() > TextNormalizer.MAX_GROWTH * (content.length() + 1L)) {
          throw new MixtureException.Unsupported(
              where,
              "a decoder that blows up tokens",
              "up to " + TextNormalizer.MAX_GROWTH + " times");
        }
      }
      return text.getBytes(StandardCharsets.UTF_8);
    }
  }

  Decoding decoding() {
    String key = "decoder";
    if (!root.has(key)) {
      throw unsupported(key, "none", "ByteLevel, Metaspace and Sequence");
    }
    boolean byteLevel = false;
    boolean byteTokens = false;
    boolean fused = false;
    List<Replacement> replacements = new ArrayList<>();
    LeadingSpace leadingSpace = LeadingSpace.KEEP;
    for (Config part : stages(key, "decoders")) {
      String type = part.text("type");
      // Replacing is done with single tokens here, stripping with the whole text: any other order
      // would differ.
      boolean inOrder = !byteLevel && leadingSpace == LeadingSpace.KEEP;
      switch (type) {
        case "ByteLevel" -> {
          inOrder &= replacements.isEmpty() && !byteTokens && !fused;
          byteLevel = true;
        }
        case "Replace" -> {
          String literal = literal(part, key);
          inOrder &= literal != null && !byteTokens && !fused;
          replacements.add(
              new Replacement(String.valueOf(literal), insertion(part, key, "content")));
        }
        case "ByteFallback" -> {
          inOrder &= !fused;
          byteTokens = true;
        }
        case "Fuse" -> fused = true;
        case "Strip" -> {
          inOrder &= fused && part.text("content").equals(" ") && part.integer("stop") == 0;
          if (part.integer("start") == 1) {
            leadingSpace = LeadingSpace.DROP_ONE;
          } else {
            inOrder &= part.integer("start") == 0;
          }
        }
        case "Metaspace" -> {
          inOrder &= replacements.isEmpty() && !byteTokens && !fused;
          replacements.add(new Replacement(mark(part, key), " "));
          if (!scheme(part, key).equals("never")) {
            leadingSpace = LeadingSpace.DROP_IN_FIRST_TOKEN;
          }
        }
        default -> inOrder = false;
      }
      if (!inOrder) {
        throw unsupported(
            key,
            type + " with these options at this place",
            "ByteLevel, Metaspace, or Replace, ByteFallback, Fuse and Strip in this order");
      }
    }
    return new Decoding(where(key), byteLevel, byteTokens, List.copyOf(replacements), leadingSpace);
  }

  /** The stages of a sequence, also of nested ones, or the only stage. */
  private List<Config> stages(String key, String parts) {
    List<Config> stages = new ArrayList<>();
    addStages(root.section(key), parts, stages);
    return stages(stages, key);
  }

  /** The depth of recursion is bounded by that of the JSON. */
  private static void addStages(Config config, String parts, List<Config> stages) {
    if (config.text("type").equals("Sequence")) {
      config.sections(parts).forEach(part -> addStages(part, parts, stages));
    } else {
      stages.add(config);
    }
  }

  /** The literal text of a pattern, or null if it is a regular expression. */
  private @Nullable String literal(Config config, String key) {
    Config pattern = config.section("pattern");
    if (!pattern.has("String")) {
      return null;
    }
    String literal = pattern.text("String");
    if (literal.isEmpty()) {
      throw new MixtureException.BadFile(root.file(), key + ".pattern", "is empty", null);
    }
    return literal;
  }

  private SplitPattern regex(Config config, String key) {
    return SplitPattern.compile(where(key), config.section("pattern").text("Regex"));
  }

  private String where(String key) {
    return root.file() + ": " + key;
  }

  private MixtureException.Unsupported unsupported(String key, String what, String supported) {
    return new MixtureException.Unsupported(where(key), key + " \"" + what + "\"", supported);
  }
}
