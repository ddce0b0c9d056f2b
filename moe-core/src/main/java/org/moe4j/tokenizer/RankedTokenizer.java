// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.OptionalInt;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;
import org.moe4j.tokenizer.AddedTokens.AddedToken;

/**
 * Reads the vocabularies of Kimi-K2 and Moonlight: a {@code tiktoken.model}, which holds tokens as
 * base64 and their ranks, one of each a line, and beside it {@code tokenizer_config.json} with the
 * special tokens.
 *
 * <p>There are no merges: whatever neighbours make up a token are merged, those first whose token
 * has the lowest rank, which is its id too. How a text is split stands in neither file.
 *
 * @see <a href="https://github.com/openai/tiktoken">tiktoken</a>
 */
final class RankedTokenizer {

  /** What the models whose split is known here call their tokenizer. */
  private static final String CLASS = "TikTokenTokenizer";

  /** Longer tokens are refused: the ways to put one together grow with the square of its length. */
  private static final int MAX_LENGTH = 256;

  private static final int MAX_MERGES = 1 << 21;

  private final String file;
  private final Config settings;
  private final TokenTable.Builder builder;
  private final List<AddedToken> added = new ArrayList<>();

  private RankedTokenizer(String file, Config settings, int lines) {
    this.file = file;
    this.settings = settings;
    builder = new TokenTable.Builder(file, "tokens", lines);
  }

  /**
   * Reads a tokenizer.
   *
   * @param file where the ranks come from, for messages
   * @param ranks the content of {@code tiktoken.model}
   * @param settings the content of {@code tokenizer_config.json}
   */
  static ModelTokenizer read(String file, String ranks, Config settings) {
    String name = settings.text("tokenizer_class", "");
    if (!name.equals(CLASS)) {
      throw new MixtureException.Unsupported(
          settings.file() + ": tokenizer_class", "tiktoken class \"" + name + "\"", CLASS);
    }
    List<String> lines = ranks.lines().toList();
    return new RankedTokenizer(file, settings, lines.size()).build(lines);
  }

  private ModelTokenizer build(List<String> lines) {
    int number = 0;
    for (String line : lines) {
      number++;
      if (!line.isEmpty()) {
        add(line, "line " + number);
      }
    }
    Merges merges = merges();
    ByteTokens bytes = ByteTokens.ofAlphabet(builder::id);
    readSpecialTokens();
    OptionalInt bos = named("bos_token");
    OptionalInt eos = named("eos_token");
    SpecialTokens special =
        new SpecialTokens(
            bos,
            eos,
            named("unk_token"),
            named("pad_token"),
            EndTokens.find(builder, eos),
            settings.flag("add_bos_token", false) && bos.isPresent());
    TokenTable table = builder.build();
    GgufSplits splits = GgufSplits.named(file, "kimi-k2");
    return new ModelTokenizer(
        "byte-level BPE (tiktoken)",
        table,
        new AddedTokens(file, added),
        new AddedTokens(file, List.of()),
        TextNormalizer.none(),
        splits.preTokenizer(file),
        new PieceEncoder.ByteLevel(table, merges, bytes, PieceEncoder.NONE, false, true),
        StreamDecoder.LeadingSpace.KEEP,
        special);
  }

  private void add(String line, String where) {
    int space = line.indexOf(' ');
    try {
      byte[] token = Base64.getDecoder().decode(line.substring(0, Math.max(space, 0)));
      int rank = Integer.parseInt(line.substring(space + 1));
      if (token.length == 0) {
        throw new MixtureException.BadFile(file, where, "an empty token", null);
      }
      if (token.length > MAX_LENGTH) {
        throw new MixtureException.Unsupported(
            file + ": " + where, "a token of " + token.length + " bytes", "up to " + MAX_LENGTH);
      }
      builder.add(rank, ByteAlphabet.write(token), token);
    } catch (IllegalArgumentException malformed) {
      throw new MixtureException.BadFile(
          file, where, "expected a token as base64 and its rank", malformed);
    }
  }

  /** Every way to put a token together from two others, ranked by the token. */
  private Merges merges() {
    Merges merges = new Merges(Math.min(4 * builder.size(), MAX_MERGES));
    int count = 0;
    for (int id = 0; id < builder.size(); id++) {
      String name = builder.name(id);
      for (int at = 1; name != null && at < name.length(); at++) {
        int left = builder.id(name.substring(0, at));
        int right = left < 0 ? left : builder.id(name.substring(at));
        if (right < 0) {
          continue;
        }
        if (++count > MAX_MERGES) {
          throw new MixtureException.Unsupported(
              file,
              "a vocabulary with more than " + MAX_MERGES + " ways to put it together",
              "fewer");
        }
        merges.add(id, left, right, id);
      }
    }
    return merges;
  }

  private void readSpecialTokens() {
    Config tokens = settings.section("added_tokens_decoder");
    for (String key : tokens.keys()) {
      Config token = tokens.section(key);
      String content = token.text("content");
      int id;
      try {
        id = Integer.parseInt(key);
      } catch (NumberFormatException noId) {
        throw new MixtureException.BadFile(
            settings.file(), "added_tokens_decoder", "\"" + key + "\" is no id", noId);
      }
      builder.add(id, content, content.getBytes(StandardCharsets.UTF_8));
      boolean special = token.flag("special", false) || EndTokens.isName(content);
      if (special) {
        builder.markSpecial(id);
      }
      added.add(AddedToken.plain(content, id, special));
    }
  }

  private OptionalInt named(String key) {
    String name = JsonTokenizer.settingName(settings, key);
    int id = name == null ? PieceEncoder.NONE : builder.id(name);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }
}
