// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;
import org.moe4j.tokenizer.AddedTokens.AddedToken;
import org.moe4j.tokenizer.StreamDecoder.LeadingSpace;

/**
 * Reads the tokenizer in the metadata of a GGUF file: byte-level BPE or BPE over characters with
 * merges, SentencePiece BPE with scores, or a unigram model.
 *
 * <p>What the metadata do not tell is not done: a model whose {@code tokenizer.json} normalizes
 * text does not here.
 */
final class GgufTokenizer {

  private static final int NONE = PieceEncoder.NONE;
  private static final String PREFIX = "tokenizer.ggml.";
  private static final String BOS = "bos_token_id";
  private static final String EOS = "eos_token_id";
  private static final String EOT = "eot_token_id";
  private static final String EOM = "eom_token_id";
  private static final String SPACE_MARK = "\u2581";

  /** Tokens of more characters cannot come out of scored merges. */
  private static final int MAX_SCORED_LENGTH = 256;

  /**
   * Bounds the time that the search for merges takes, which grows with the square of a token's
   * length; a vocabulary of 262,144 tokens has a twentieth of it.
   */
  private static final long MAX_SCORED_WORK = 400_000_000;

  /** More ways to put tokens together than any vocabulary has: they are kept in memory. */
  private static final int MAX_SCORED_MERGES = 1 << 21;

  /** What a token is for, in the order of the numbers in the file. */
  private enum Kind {
    UNDEFINED,
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  private final Config config;
  private final List<String> names;
  private final Kind[] kinds;
  private final TokenTable.Builder builder;
  private final List<AddedToken> added = new ArrayList<>();

  private GgufTokenizer(Config config) {
    this.config = config;
    names = config.strings(PREFIX + "tokens");
    kinds = readKinds();
    builder = new TokenTable.Builder(config.file(), PREFIX + "tokens", names.size());
  }

  /**
   * Reads a tokenizer.
   *
   * @param config the metadata
   */
  static ModelTokenizer read(Config config) {
    String model = config.text(PREFIX + "model");
    return switch (model) {
      case "gpt2" -> new GgufTokenizer(config).byteLevel();
      case "llama" -> new GgufTokenizer(config).scored();
      case "gemma4" -> new GgufTokenizer(config).characters();
      case "t5" -> new GgufTokenizer(config).unigram();
      default ->
          throw new MixtureException.Unsupported(
              config.file() + ": " + PREFIX + "model",
              "tokenizer model \"" + model + "\"",
              "gpt2, llama, gemma4 and t5");
    };
  }

  private Kind[] readKinds() {
    Kind[] all = new Kind[names.size()];
    Arrays.fill(all, Kind.NORMAL);
    String key = PREFIX + "token_type";
    if (config.has(key)) {
      int[] numbers = config.ints(key);
      checkLength(key, numbers.length);
      for (int id = 0; id < all.length; id++) {
        if (numbers[id] < 0 || numbers[id] >= Kind.values().length) {
          throw bad(key + "[" + id + "]", "found " + numbers[id] + ", expected 0 to 6");
        }
        all[id] = Kind.values()[numbers[id]];
      }
    }
    return all;
  }

  private void checkLength(String key, int length) {
    if (length != names.size()) {
      throw bad(key, length + " entries for " + names.size() + " tokens");
    }
  }

  private ModelTokenizer byteLevel() {
    String key = PREFIX + "pre";
    String where = config.file() + ": " + key;
    GgufSplits splits = GgufSplits.named(where, config.text(key, "default"));
    int id = 0;
    for (String name : names) {
      Kind kind = kinds[id];
      byte[] bytes = kind == Kind.NORMAL ? ByteAlphabet.read(name) : null;
      builder.add(id, name, bytes == null ? plainBytes(name, kind) : bytes);
      id++;
    }
    readAddedTokens();
    Merges merges = readMerges();
    ByteTokens bytes = ByteTokens.ofAlphabet(builder::id);
    SpecialTokens special = special(splits.addBos(), false);
    TokenTable table = builder.build();
    return tokenizer(
        "byte-level BPE (" + config.text(key, "default") + ")",
        table,
        TextNormalizer.none(),
        splits.preTokenizer(where),
        new PieceEncoder.ByteLevel(table, merges, bytes, NONE, false, splits.wholeFirst()),
        LeadingSpace.KEEP,
        special);
  }

  /** Adds the tokens of a vocabulary that writes a space as a mark. */
  private void addMarkedTokens() {
    int id = 0;
    for (String name : names) {
      Kind kind = kinds[id];
      String text = kind == Kind.NORMAL ? name.replace(SPACE_MARK, " ") : name;
      builder.add(id++, name, plainBytes(text, kind));
    }
    readAddedTokens();
  }

  /** Gemma 4's: merges over characters, with byte fall-back, and no space before the text. */
  private ModelTokenizer characters() {
    addMarkedTokens();
    Merges merges = readMerges();
    LongMap characters = builder.characters(this::isText);
    ByteTokens bytes = ByteTokens.ofHexNames(builder::id);
    // Early files say by mistake that no begin token is to be added.
    SpecialTokens special = special(true, true);
    int unknown = special.unknown().orElse(NONE);
    TokenTable table = builder.build();
    return tokenizer(
        "SentencePiece BPE",
        table,
        TextNormalizer.replace(" ", SPACE_MARK),
        PreTokenizer.whole(),
        new PieceEncoder.Characters(table, merges, characters, bytes, unknown, true, false),
        LeadingSpace.KEEP,
        special);
  }

  private ModelTokenizer unigram() {
    addMarkedTokens();
    boolean prefix = config.flag(PREFIX + "add_space_prefix", false);
    boolean single = config.flag(PREFIX + "remove_extra_whitespaces", false);
    TextNormalizer spaces = TextNormalizer.marked(SPACE_MARK, prefix, single);
    Unigram encoder = unigramEncoder();
    SpecialTokens special = special(false, false);
    return tokenizer(
        "unigram",
        builder.build(),
        charsMap(spaces),
        PreTokenizer.whole(),
        encoder,
        prefix || single ? LeadingSpace.DROP_ONE : LeadingSpace.KEEP,
        special);
  }

  /** What the file's character map does to a text, if it has one, and then {@code spaces}. */
  private TextNormalizer charsMap(TextNormalizer spaces) {
    String key = PREFIX + "precompiled_charsmap";
    if (!config.has(key)) {
      return spaces;
    }
    int[] values = config.ints(key);
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    CharsMap map = CharsMap.read(config.file(), key, bytes);
    return TextNormalizer.sequence(
        config.file() + ": " + key, List.of(map::replaceLongest, spaces));
  }

  private Unigram unigramEncoder() {
    float[] given = readScores();
    double[] scores = new double[given.length];
    float lowest = Float.MAX_VALUE;
    int unknown = id("unknown_token_id").orElse(NONE);
    List<TokenTrie.Entry> entries = new ArrayList<>();
    for (int id = 0; id < scores.length; id++) {
      // Tokens of the user have no probability: they are as likely as can be.
      scores[id] = kinds[id] == Kind.USER_DEFINED ? 0 : given[id];
      String name = String.valueOf(builder.name(id));
      if ((isText(id) || kinds[id] == Kind.UNUSED) && !name.isEmpty()) {
        entries.add(new TokenTrie.Entry(name, id));
      }
      if (kinds[id] == Kind.NORMAL) {
        lowest = Math.min(lowest, given[id]);
      } else if (kinds[id] == Kind.UNKNOWN && unknown == NONE) {
        unknown = id;
      }
    }
    String where = config.file() + ": " + PREFIX;
    if (unknown == NONE) {
      throw new MixtureException.Unsupported(
          where + "unknown_token_id", "a unigram model without unknown token", "one with it");
    }
    return new Unigram(
        new TokenTrie(where + "tokens", entries),
        scores,
        lowest - Unigram.UNKNOWN_PENALTY,
        unknown,
        ByteTokens.none());
  }

  private ModelTokenizer scored() {
    addMarkedTokens();
    LongMap characters = builder.characters(this::isText);
    Merges merges = scoredMerges(characters);
    ByteTokens bytes = ByteTokens.ofHexNames(builder::id);
    SpecialTokens special = special(true, false);
    int unknown = special.unknown().orElse(NONE);
    boolean prefix = config.flag(PREFIX + "add_space_prefix", true);
    TextNormalizer marks = TextNormalizer.replace(" ", SPACE_MARK);
    return tokenizer(
        "SentencePiece BPE",
        builder.build(),
        prefix
            ? TextNormalizer.sequence(config.file(), List.of(TextNormalizer.prepend(" "), marks))
            : marks,
        PreTokenizer.whole(),
        new PieceEncoder.Scored(merges, characters, bytes, unknown),
        prefix ? LeadingSpace.DROP_ONE : LeadingSpace.KEEP,
        special);
  }

  private ModelTokenizer tokenizer(
      String kind,
      TokenTable table,
      TextNormalizer normalizer,
      PreTokenizer preTokenizer,
      PieceEncoder encoder,
      LeadingSpace leadingSpace,
      SpecialTokens special) {
    String where = config.file() + ": " + PREFIX + "tokens";
    return new ModelTokenizer(
        kind,
        table,
        new AddedTokens(where, added),
        new AddedTokens(where, List.of()),
        normalizer,
        preTokenizer,
        encoder,
        leadingSpace,
        special);
  }

  /**
   * The bytes of a token that is not written in the byte alphabet; one that is never used stands
   * for none.
   */
  private static byte[] plainBytes(String text, Kind kind) {
    int value = kind == Kind.BYTE ? ByteTokens.value(text) : ByteTokens.NONE;
    if (value != ByteTokens.NONE) {
      return new byte[] {(byte) value};
    }
    return kind == Kind.UNUSED ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
  }

  private Merges readMerges() {
    String key = PREFIX + "merges";
    List<String> list = config.strings(key);
    Merges merges = new Merges(list.size());
    int rank = 0;
    for (String pair : list) {
      int space = pair.indexOf(' ', 1);
      if (space < 0) {
        throw bad(key + "[" + rank + "]", "expected two tokens, found \"" + pair + "\"");
      }
      JsonTokenizer.addMerge(
          builder, merges, key, rank++, pair.substring(0, space), pair.substring(space + 1));
    }
    return merges;
  }

  /** Whether a token can come out of ordinary text. */
  private boolean isText(int id) {
    boolean ordinary = kinds[id] == Kind.NORMAL || kinds[id] == Kind.USER_DEFINED;
    return ordinary && !builder.isSpecial(id);
  }

  /**
   * Every way to put a token together from two symbols, ranked by the score of the token:
   * SentencePiece merges whatever neighbours make up a token.
   */
  private Merges scoredMerges(LongMap characters) {
    int[] ranks = ranks();
    Merges merges = new Merges((int) Math.min(4L * names.size(), MAX_SCORED_MERGES));
    int count = 0;
    long work = 0;
    for (int id = 0; id < ranks.length; id++) {
      String name = String.valueOf(builder.name(id));
      if (!isText(id)) {
        continue;
      }
      if (name.length() > MAX_SCORED_LENGTH) {
        throw new MixtureException.Unsupported(
            config.file() + ": " + PREFIX + "tokens[" + id + "]",
            "a token of " + name.length() + " characters",
            "up to " + MAX_SCORED_LENGTH);
      }
      work += (long) name.length() * name.length();
      if (work > MAX_SCORED_WORK) {
        throw bad(PREFIX + "tokens", "tokens so long that their merges would take too much time");
      }
      for (int at = 1; at < name.length(); at++) {
        if (Character.isLowSurrogate(name.charAt(at))) {
          continue;
        }
        int left = symbol(name.substring(0, at), characters);
        int right = left == NONE ? NONE : symbol(name.substring(at), characters);
        if (right == NONE) {
          continue;
        }
        if (++count > MAX_SCORED_MERGES) {
          throw new MixtureException.Unsupported(
              config.file() + ": " + PREFIX + "tokens",
              "a vocabulary with more than " + MAX_SCORED_MERGES + " ways to put tokens together",
              "fewer");
        }
        merges.add(ranks[id], left, right, id);
      }
    }
    return merges;
  }

  private int symbol(String text, LongMap characters) {
    if (text.codePointCount(0, text.length()) == 1) {
      return PieceEncoder.Scored.symbol(characters, text.codePointAt(0));
    }
    int id = builder.id(text);
    return id != NONE && isText(id) ? id : NONE;
  }

  /**
   * The place of each token's score among all scores, the highest first; equal scores share a
   * place.
   */
  private int[] ranks() {
    float[] scores = readScores();
    float[] places = new float[scores.length];
    for (int i = 0; i < places.length; i++) {
      places[i] = 0f - scores[i];
    }
    Arrays.sort(places);
    int different = 0;
    for (float place : places) {
      if (different == 0 || places[different - 1] != place) {
        places[different++] = place;
      }
    }
    int[] ranks = new int[scores.length];
    for (int id = 0; id < ranks.length; id++) {
      ranks[id] = Arrays.binarySearch(places, 0, different, 0f - scores[id]);
    }
    return ranks;
  }

  private float[] readScores() {
    String key = PREFIX + "scores";
    float[] scores = config.floats(key);
    checkLength(key, scores.length);
    return scores;
  }

  private void readAddedTokens() {
    // Phi-3's special tokens take the white space after them along, which the metadata do not say.
    String model = config.text("general.name", "").toLowerCase(Locale.ROOT);
    boolean phi3 = model.contains("phi-3") || model.contains("phi3");
    boolean gemma4 = config.text(PREFIX + "model").equals("gemma4");
    Set<Integer> given = new HashSet<>();
    for (String key : List.of(BOS, EOS, EOT, EOM)) {
      id(key).ifPresent(given::add);
    }
    for (int id = 0; id < kinds.length; id++) {
      String name = String.valueOf(builder.name(id));
      boolean special = isSpecial(kinds[id], name, gemma4) || given.contains(id);
      if (special || kinds[id] == Kind.USER_DEFINED) {
        boolean strips = phi3 && !List.of("<unk>", "<s>", "<|endoftext|>").contains(name);
        added.add(new AddedToken(name, id, special, false, false, strips));
      }
      if (special) {
        builder.markSpecial(id);
      }
    }
  }

  /**
   * Text must never become a token that ends an answer, even if the file takes that for an ordinary
   * one. The tag that ends struck-out HTML is none if it is the user's token, as in Gemma's files;
   * and these list the marks of Gemma 4's turns as the user's, so that they show.
   */
  private static boolean isSpecial(Kind kind, String name, boolean gemma4) {
    boolean mark = gemma4 && (name.startsWith("<|") || name.endsWith("|>"));
    return switch (kind) {
      case CONTROL, UNKNOWN -> true;
      case USER_DEFINED -> mark || (EndTokens.isName(name) && !name.equals("</s>"));
      default -> name.startsWith("<|") && EndTokens.isName(name);
    };
  }

  /**
   * The special tokens.
   *
   * @param addBos whether a prompt begins with the begin token unless the file says otherwise
   * @param always whether it does so whatever the file says
   */
  private SpecialTokens special(boolean addBos, boolean always) {
    OptionalInt bos = id(BOS);
    OptionalInt eos = id(EOS);
    boolean asked = config.flag(PREFIX + "add_bos_token", addBos);
    boolean begins = (always || asked) && bos.isPresent();
    return new SpecialTokens(
        bos,
        eos,
        id("unknown_token_id"),
        id("padding_token_id"),
        EndTokens.find(builder, eos, id(EOT), id(EOM)),
        begins);
  }

  private OptionalInt id(String key) {
    if (!config.has(PREFIX + key)) {
      return OptionalInt.empty();
    }
    long id = config.integer(PREFIX + key);
    if (id < 0 || id >= names.size()) {
      throw bad(PREFIX + key, "found " + id + ", expected 0 to " + (names.size() - 1));
    }
    return OptionalInt.of((int) id);
  }

  private MixtureException.BadFile bad(String key, String problem) {
    return new MixtureException.BadFile(config.file(), key, problem, null);
  }
}
