// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;
import org.moe4j.tokenizer.AddedTokens.AddedToken;
import org.moe4j.tokenizer.JsonStages.Decoding;
import org.moe4j.tokenizer.JsonStages.Splitting;

/** Reads a {@code tokenizer.json} with a BPE or a unigram model. */
final class JsonTokenizer {

  private static final int NONE = PieceEncoder.NONE;

  private final Config root;
  private final Config model;
  private final boolean unigram;
  private final Optional<Config> settings;
  private final Decoding decoding;
  private final Splitting splitting;
  private final TextNormalizer normalizer;
  private double[] scores = {};
  private final List<AddedToken> added = new ArrayList<>();
  private final List<AddedToken> addedNormalized = new ArrayList<>();

  private JsonTokenizer(Config root, Optional<Config> settings) {
    this.root = root;
    this.settings = settings;
    String where = root.file() + ": model.type";
    model = root.section("model");
    String type =
        model.text("type", model.has("merges") ? "BPE" : model.has("unk_id") ? "Unigram" : "");
    unigram = type.equals("Unigram");
    if (!unigram && !type.equals("BPE")) {
      throw new MixtureException.Unsupported(
          where, "tokenizer model \"" + type + "\"", "BPE and Unigram");
    }
    refuse("continuing_subword_prefix");
    refuse("end_of_word_suffix");
    if (model.number("dropout", 0) != 0) {
      throw new MixtureException.Unsupported(where, "BPE with dropout", "none or 0");
    }
    JsonStages stages = new JsonStages(root);
    decoding = stages.decoding();
    splitting = stages.splitting();
    normalizer = stages.normalizer();
    if (unigram && splitting.byteLevel()) {
      throw new MixtureException.Unsupported(where, "Unigram over bytes", "Unigram over text");
    }
  }

  private void refuse(String key) {
    if (!model.text(key, "").isEmpty()) {
      throw new MixtureException.Unsupported(
          root.file() + ": model." + key, key + " \"" + model.text(key) + "\"", "none");
    }
  }

  /**
   * Reads a tokenizer.
   *
   * @param root the content of {@code tokenizer.json}
   * @param settings the content of {@code tokenizer_config.json}, where there is one
   */
  static ModelTokenizer read(Config root, Optional<Config> settings) {
    return new JsonTokenizer(root, settings).build();
  }

  private ModelTokenizer build() {
    TokenTable.Builder builder = unigram ? readPieces() : readVocabulary();
    markSpecial(builder);
    int unknown = unigram ? unknownId(builder) : NONE;
    if (!unigram && model.has("unk_token")) {
      unknown = require(builder, "unk_token");
    }
    Function<TokenTable, PieceEncoder> encoder =
        unigram ? unigram(builder, unknown) : bpe(builder, unknown);
    readAddedTokens(builder);
    SpecialTokens special = special(builder, unknown);
    TokenTable table = builder.build();
    String bpe = splitting.byteLevel() ? "byte-level BPE" : "SentencePiece BPE";
    return new ModelTokenizer(
        unigram ? "unigram" : bpe,
        table,
        new AddedTokens(root.file() + ": added_tokens", added),
        new AddedTokens(root.file() + ": added_tokens", addedNormalized),
        normalizer,
        splitting.preTokenizer(),
        encoder.apply(table),
        decoding.leadingSpace(),
        special);
  }

  private Function<TokenTable, PieceEncoder> bpe(TokenTable.Builder builder, int unknown) {
    Merges merges = readMerges(builder);
    boolean fuseUnknown = model.flag("fuse_unk", false);
    boolean wholeFirst = model.flag("ignore_merges", false);
    if (splitting.byteLevel()) {
      ByteTokens bytes = ByteTokens.ofAlphabet(builder::id);
      return table ->
          new PieceEncoder.ByteLevel(table, merges, bytes, unknown, fuseUnknown, wholeFirst);
    }
    ByteTokens bytes = fallbackBytes(builder);
    LongMap characters = builder.characters(_ -> true);
    return table ->
        new PieceEncoder.Characters(
            table, merges, characters, bytes, unknown, fuseUnknown, wholeFirst);
  }

  private ByteTokens fallbackBytes(TokenTable.Builder builder) {
    return model.flag("byte_fallback", false)
        ? ByteTokens.ofHexNames(builder::id)
        : ByteTokens.none();
  }

  private Function<TokenTable, PieceEncoder> unigram(TokenTable.Builder builder, int unknown) {
    List<TokenTrie.Entry> entries = new ArrayList<>();
    for (int id = 0; id < scores.length; id++) {
      String name = String.valueOf(builder.name(id));
      // Text never becomes a special token.
      if (!name.isEmpty() && !builder.isSpecial(id)) {
        entries.add(new TokenTrie.Entry(name, id));
      }
    }
    TokenTrie trie = new TokenTrie(root.file() + ": model.vocab", entries);
    double lowest = Arrays.stream(scores).min().orElse(0);
    double unknownScore = lowest - Unigram.UNKNOWN_PENALTY;
    Unigram encoder = new Unigram(trie, scores, unknownScore, unknown, fallbackBytes(builder));
    return _ -> encoder;
  }

  /** Reads the vocabulary of a unigram model, in the order of ids, and its scores. */
  private TokenTable.Builder readPieces() {
    if (!(model.value("vocab") instanceof List<?> list)) {
      throw bad("model.vocab", "expected a list");
    }
    var builder = new TokenTable.Builder(root.file(), "model.vocab", list.size());
    scores = new double[list.size()];
    for (int id = 0; id < scores.length; id++) {
      if (!(list.get(id) instanceof List<?> pair
          && pair.size() == 2
          && pair.get(0) instanceof String name
          && pair.get(1) instanceof Number score
          && Double.isFinite(score.doubleValue()))) {
        throw bad("model.vocab[" + id + "]", "expected a token and its finite score");
      }
      builder.add(id, name, decoding.bytes(name));
      scores[id] = score.doubleValue();
    }
    return builder;
  }

  private int unknownId(TokenTable.Builder builder) {
    if (!model.has("unk_id")) {
      throw new MixtureException.Unsupported(
          root.file() + ": model.unk_id", "a unigram model without unknown token", "one with it");
    }
    int id = model.int32("unk_id");
    if (id >= builder.size()) {
      throw bad("model.unk_id", "found " + id + ", expected 0 to " + (builder.size() - 1));
    }
    return id;
  }

  private TokenTable.Builder readVocabulary() {
    Config vocabulary = model.section("vocab");
    var builder = new TokenTable.Builder(root.file(), "model.vocab", vocabulary.keys().size());
    for (String name : vocabulary.keys()) {
      builder.add(vocabulary.integer(name), name, decoding.bytes(name));
    }
    return builder;
  }

  private Merges readMerges(TokenTable.Builder builder) {
    Object value = model.value("merges");
    if (!(value instanceof List<?> list)) {
      throw bad("model.merges", "expected a list");
    }
    Merges merges = new Merges(list.size());
    for (int rank = 0; rank < list.size(); rank++) {
      String left;
      String right;
      switch (list.get(rank)) {
        case List<?> pair
            when pair.size() == 2
                && pair.get(0) instanceof String first
                && pair.get(1) instanceof String second -> {
          left = first;
          right = second;
        }
        case String pair
            when pair.indexOf(' ') >= 0 && pair.indexOf(' ') == pair.lastIndexOf(' ') -> {
          left = pair.substring(0, pair.indexOf(' '));
          right = pair.substring(pair.indexOf(' ') + 1);
        }
        case null, default ->
            throw bad("model.merges[" + rank + "]", "expected two tokens, found " + list.get(rank));
      }
      addMerge(builder, merges, "model.merges", rank, left, right);
    }
    return merges;
  }

  /**
   * Adds a merge of two tokens, which like the token they make up must be in the vocabulary. Text
   * never becomes a special token, so that no merge makes up one.
   */
  static void addMerge(
      TokenTable.Builder builder, Merges merges, String key, int rank, String left, String right) {
    int leftId = builder.id(left);
    int rightId = builder.id(right);
    int merged = builder.id(left + right);
    if (leftId == NONE || rightId == NONE || merged == NONE) {
      String unknown = leftId == NONE ? left : rightId == NONE ? right : left + right;
      throw builder.bad(
          key + "[" + rank + "]",
          "merges \"" + left + "\" and \"" + right + "\", but \"" + unknown + "\" is no token");
    }
    if (!builder.isSpecial(merged)) {
      merges.add(rank, leftId, rightId, merged);
    }
  }

  private List<Config> addedTokens() {
    return root.has("added_tokens") ? root.sections("added_tokens") : List.of();
  }

  /**
   * Marks the special tokens that the vocabulary holds already: those said to be, and those that
   * begin and end a text, even where the file adds them as ordinary ones.
   */
  private void markSpecial(TokenTable.Builder builder) {
    for (Config token : addedTokens()) {
      int id = builder.id(token.text("content"));
      if (id != NONE && token.flag("special", false)) {
        builder.markSpecial(id);
      }
    }
    for (String key : List.of("bos_token", "eos_token")) {
      String name = settingName(key);
      if (name != null && builder.id(name) != NONE) {
        builder.markSpecial(builder.id(name));
      }
    }
  }

  private void readAddedTokens(TokenTable.Builder builder) {
    Set<String> ends = new HashSet<>();
    ends.add(String.valueOf(settingName("bos_token")));
    ends.add(String.valueOf(settingName("eos_token")));
    int index = 0;
    for (Config token : addedTokens()) {
      String key = "added_tokens[" + index++ + "]";
      String content = token.text("content");
      boolean normalized = token.flag("normalized", !token.flag("special", false));
      String matched = normalized ? normalizer.apply(content) : content;
      int id = builder.id(content);
      if (id == NONE) {
        builder.add(token.integer("id"), content, decoding.text(matched));
        id = builder.id(content);
      } else if (id != token.integer("id")) {
        throw bad(
            key, "\"" + content + "\" has id " + token.integer("id") + ", in the vocabulary " + id);
      } else {
        builder.replace(id, decoding.text(matched));
      }
      boolean special = token.flag("special", false) || ends.remove(content);
      if (special) {
        builder.markSpecial(id);
      }
      (normalized ? addedNormalized : added)
          .add(
              new AddedToken(
                  matched,
                  id,
                  special,
                  token.flag("single_word", false),
                  token.flag("lstrip", false),
                  token.flag("rstrip", false)));
    }
    for (String name : ends) {
      int id = builder.id(name);
      if (id != NONE) {
        added.add(AddedToken.plain(name, id, true));
      }
    }
  }

  private SpecialTokens special(TokenTable.Builder builder, int unknown) {
    OptionalInt bos = named(builder, "bos_token");
    OptionalInt prefix = templatePrefix(builder);
    OptionalInt unk = unknown == NONE ? named(builder, "unk_token") : OptionalInt.of(unknown);
    OptionalInt eos = named(builder, "eos_token");
    boolean addBos = prefix.isPresent();
    if (settings.isPresent()) {
      addBos = settings.get().flag("add_bos_token", addBos);
    }
    return new SpecialTokens(
        bos.isPresent() ? bos : prefix,
        eos,
        unk,
        named(builder, "pad_token"),
        EndTokens.find(builder, eos),
        addBos);
  }

  /**
   * The token that {@code tokenizer_config.json} names, by its text or as an object with its text.
   */
  static @Nullable String settingName(Config settings, String key) {
    if (!settings.has(key)) {
      return null;
    }
    return settings.value(key) instanceof Map<?, ?>
        ? settings.section(key).text("content")
        : settings.text(key);
  }

  private @Nullable String settingName(String key) {
    return settings.isEmpty() ? null : settingName(settings.get(), key);
  }

  private OptionalInt named(TokenTable.Builder builder, String key) {
    String name = settingName(key);
    int id = name == null ? NONE : builder.id(name);
    if (id != NONE) {
      return OptionalInt.of(id);
    }
    if (settings.isPresent() && name != null && List.of("bos_token", "eos_token").contains(key)) {
      throw new MixtureException.BadFile(
          settings.get().file(), key, "\"" + name + "\" is no token of the vocabulary", null);
    }
    return OptionalInt.empty();
  }

  /** The special token that the post-processor puts before a single text. */
  private OptionalInt templatePrefix(TokenTable.Builder builder) {
    if (!root.has("post_processor")) {
      return OptionalInt.empty();
    }
    Config processor = root.section("post_processor");
    List<Config> parts =
        processor.text("type").equals("Sequence")
            ? processor.sections("processors")
            : List.of(processor);
    for (Config part : parts) {
      if (part.text("type").equals("TemplateProcessing") && part.has("single")) {
        List<Config> single = part.sections("single");
        if (!single.isEmpty() && single.getFirst().has("SpecialToken")) {
          int id = builder.id(single.getFirst().section("SpecialToken").text("id"));
          return id == NONE ? OptionalInt.empty() : OptionalInt.of(id);
        }
      }
    }
    return OptionalInt.empty();
  }

  private int require(TokenTable.Builder builder, String key) {
    int id = builder.id(model.text(key));
    if (id == NONE) {
      throw bad("model." + key, "\"" + model.text(key) + "\" is no token of the vocabulary");
    }
    return id;
  }

  private MixtureException.BadFile bad(String key, String problem) {
    return new MixtureException.BadFile(root.file(), key, problem, null);
  }
}
