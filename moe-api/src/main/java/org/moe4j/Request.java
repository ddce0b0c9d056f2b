// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What to generate and how. Immutable; built by {@link #prompt}, {@link #chat} or {@link #tokens}.
 * What a request leaves open is taken from the model's own generation config.
 */
public final class Request {

  /** What the model continues. */
  public sealed interface Input {}

  /**
   * A text that is continued as it stands, after the begin token if the model wants one.
   *
   * @param text the text
   * @param parseSpecial whether special tokens written out in the text are taken as such
   */
  public record Prompt(String text, boolean parseSpecial) implements Input {}

  /**
   * A conversation that the model's chat template turns into a prompt.
   *
   * @param messages the turns so far
   * @param tools tools the model may call, as JSON-like maps
   * @param variables further variables of the template
   */
  public record Chat(
      List<Message> messages, List<Map<String, Object>> tools, Map<String, Object> variables)
      implements Input {

    /** Copies the collections. */
    public Chat {
      messages = List.copyOf(messages);
      tools = List.copyOf(tools);
      variables = Map.copyOf(variables);
    }
  }

  /**
   * Token ids that are continued as they stand; nothing is added.
   *
   * @param ids the ids
   */
  public record Tokens(List<Integer> ids) implements Input {

    /** Copies the ids. */
    public Tokens {
      ids = List.copyOf(ids);
    }
  }

  private final Input input;
  private final Builder options;

  private Request(Input input, Builder options) {
    this.input = input;
    this.options = options;
  }

  /**
   * Starts a request that continues a text.
   *
   * @param text the text, taken as it stands
   */
  public static Builder prompt(String text) {
    return new Builder(new Prompt(text, false));
  }

  /**
   * Starts a request that answers a conversation.
   *
   * @param messages the turns so far
   */
  public static Builder chat(List<Message> messages) {
    return new Builder(new Chat(messages, List.of(), Map.of()));
  }

  /**
   * Starts a request that continues token ids.
   *
   * @param ids the ids
   */
  public static Builder tokens(int... ids) {
    List<Integer> list = new ArrayList<>(ids.length);
    for (int id : ids) {
      list.add(id);
    }
    return new Builder(new Tokens(list));
  }

  /** What the model continues. */
  public Input input() {
    return input;
  }

  /** The most tokens the answer may have; empty for as many as the context holds. */
  public OptionalInt maxTokens() {
    return options.maxTokens == null ? OptionalInt.empty() : OptionalInt.of(options.maxTokens);
  }

  /** Texts that end the answer. */
  public List<String> stops() {
    return List.copyOf(options.stops);
  }

  /**
   * The sampling of this request: its own values, and the given ones where it is silent.
   *
   * @param defaults the model's own sampling
   */
  public Sampling sampling(Sampling defaults) {
    return new Sampling(
        or(options.temperature, defaults.temperature()),
        options.topK == null ? defaults.topK() : options.topK,
        or(options.topP, defaults.topP()),
        or(options.minP, defaults.minP()),
        or(options.repetitionPenalty, defaults.repetitionPenalty()),
        or(options.presencePenalty, defaults.presencePenalty()),
        or(options.frequencyPenalty, defaults.frequencyPenalty()));
  }

  private static double or(@Nullable Double value, double fallback) {
    return value == null ? fallback : value;
  }

  /** The seed; empty for one that is drawn. */
  public OptionalLong seed() {
    return options.seed == null ? OptionalLong.empty() : OptionalLong.of(options.seed);
  }

  /** What is added to the logits of single tokens. */
  public Map<Integer, Float> logitBias() {
    return Map.copyOf(options.logitBias);
  }

  /**
   * How many of the most probable tokens to report at each place; empty for no log-probabilities at
   * all.
   */
  public OptionalInt logprobs() {
    return options.logprobs == null ? OptionalInt.empty() : OptionalInt.of(options.logprobs);
  }

  /** The routers of this request; an empty value leaves the model's own. */
  public Optional<IntFunction<Router>> router() {
    return Optional.ofNullable(options.router);
  }

  /** How long the request may take from the call to its end. */
  public Optional<Duration> deadline() {
    return Optional.ofNullable(options.deadline);
  }

  /** Whether end-of-generation tokens are tokens like any other. */
  public boolean ignoresEnd() {
    return options.ignoreEnd;
  }

  /** Collects the options of a request. Not safe for concurrent use. */
  public static final class Builder {

    private Input input;
    private @Nullable Integer maxTokens;
    private List<String> stops = new ArrayList<>();
    private @Nullable Double temperature;
    private @Nullable Integer topK;
    private @Nullable Double topP;
    private @Nullable Double minP;
    private @Nullable Double repetitionPenalty;
    private @Nullable Double presencePenalty;
    private @Nullable Double frequencyPenalty;
    private @Nullable Long seed;
    private Map<Integer, Float> logitBias = new HashMap<>();
    private @Nullable Integer logprobs;
    private @Nullable IntFunction<Router> router;
    private @Nullable Duration deadline;
    private boolean ignoreEnd;

    private Builder(Input input) {
      this.input = Objects.requireNonNull(input);
    }

    private Builder(Builder other) {
      input = other.input;
      maxTokens = other.maxTokens;
      stops = new ArrayList<>(other.stops);
      temperature = other.temperature;
      topK = other.topK;
      topP = other.topP;
      minP = other.minP;
      repetitionPenalty = other.repetitionPenalty;
      presencePenalty = other.presencePenalty;
      frequencyPenalty = other.frequencyPenalty;
      seed = other.seed;
      logitBias = new HashMap<>(other.logitBias);
      logprobs = other.logprobs;
      router = other.router;
      deadline = other.deadline;
      ignoreEnd = other.ignoreEnd;
    }

    /**
     * Tools the model may call. Only for a chat.
     *
     * @param tools JSON-like maps, in the form that the template expects
     */
    public Builder tools(List<Map<String, Object>> tools) {
      Chat chat = asChat("tools");
      input = new Chat(chat.messages(), tools, chat.variables());
      return this;
    }

    /**
     * A variable of the chat template, such as {@code enable_thinking}, {@code reasoning_effort} or
     * {@code documents}. Special tokens in it stay text, unless its name ends with {@code _token}.
     * Only for a chat.
     *
     * @param name variable
     * @param value JSON-like value
     */
    public Builder variable(String name, Object value) {
      Chat chat = asChat("a template variable");
      Map<String, Object> more = new HashMap<>(chat.variables());
      more.put(name, value);
      input = new Chat(chat.messages(), chat.tools(), more);
      return this;
    }

    private Chat asChat(String what) {
      if (input instanceof Chat chat) {
        return chat;
      }
      throw new MixtureException.BadRequest(what + " needs a request that began with chat()");
    }

    /**
     * Whether special tokens written out in the prompt are taken as such; they are not by default.
     * Only for a prompt.
     *
     * @param parse take them as special tokens
     */
    public Builder parseSpecial(boolean parse) {
      if (!(input instanceof Prompt prompt)) {
        throw new MixtureException.BadRequest(
            "parseSpecial needs a request that began with prompt()");
      }
      input = new Prompt(prompt.text(), parse);
      return this;
    }

    /**
     * The most tokens the answer may have.
     *
     * @param tokens at least 1
     */
    public Builder maxTokens(int tokens) {
      if (tokens < 1) {
        throw new MixtureException.BadRequest("max tokens must be at least 1, was " + tokens);
      }
      maxTokens = tokens;
      return this;
    }

    /**
     * A text that ends the answer; may be called several times.
     *
     * @param text not empty
     */
    public Builder stop(String text) {
      if (text.isEmpty()) {
        throw new MixtureException.BadRequest("a stop string must not be empty");
      }
      stops.add(text);
      return this;
    }

    /**
     * Sampling temperature; see {@link Sampling}.
     *
     * @param value 0 (greedy) or above
     */
    public Builder temperature(double value) {
      temperature = value;
      return this;
    }

    /**
     * How many of the highest logits stay; see {@link Sampling}.
     *
     * @param value 0 for all
     */
    public Builder topK(int value) {
      topK = value;
      return this;
    }

    /**
     * The probability mass that stays; see {@link Sampling}.
     *
     * @param value above 0, at most 1
     */
    public Builder topP(double value) {
      topP = value;
      return this;
    }

    /**
     * The lowest probability relative to the best; see {@link Sampling}.
     *
     * @param value 0 to 1
     */
    public Builder minP(double value) {
      minP = value;
      return this;
    }

    /**
     * Divides the logits of tokens that occurred; see {@link Sampling}.
     *
     * @param value above 0; 1 for none
     */
    public Builder repetitionPenalty(double value) {
      repetitionPenalty = value;
      return this;
    }

    /**
     * Lowers the logits of tokens that occurred in the answer; see {@link Sampling}.
     *
     * @param value 0 for none
     */
    public Builder presencePenalty(double value) {
      presencePenalty = value;
      return this;
    }

    /**
     * Lowers the logits of tokens by how often they occurred in the answer; see {@link Sampling}.
     *
     * @param value 0 for none
     */
    public Builder frequencyPenalty(double value) {
      frequencyPenalty = value;
      return this;
    }

    /**
     * Makes sampling repeatable.
     *
     * @param value any number
     */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /**
     * Adds to the logit of one token.
     *
     * @param token token id
     * @param bias finite, or minus infinity to forbid the token
     */
    public Builder logitBias(int token, float bias) {
      if (Float.isNaN(bias) || bias == Float.POSITIVE_INFINITY) {
        throw new MixtureException.BadRequest(
            "logit bias of token %d must be finite or minus infinity, was %s"
                .formatted(token, bias));
      }
      logitBias.put(token, bias);
      return this;
    }

    /**
     * Reports log-probabilities of the answer's tokens.
     *
     * @param top how many of the most probable tokens to report at each place, 0 for the chosen one
     *     alone
     */
    public Builder logprobs(int top) {
      if (top < 0) {
        throw new MixtureException.BadRequest("logprobs must be 0 or above, was " + top);
      }
      logprobs = top;
      return this;
    }

    /**
     * Routers for this request alone.
     *
     * @param routers gives the router of each layer that has experts
     */
    public Builder router(IntFunction<Router> routers) {
      router = Objects.requireNonNull(routers);
      return this;
    }

    /**
     * How long the request may take from the call to its end; what is there by then is the answer.
     *
     * @param time above zero
     */
    public Builder deadline(Duration time) {
      if (time.isNegative() || time.isZero()) {
        throw new MixtureException.BadRequest("deadline must be above zero, was " + time);
      }
      deadline = time;
      return this;
    }

    /**
     * Takes end-of-generation tokens as tokens like any other, so that the answer ends by its other
     * limits.
     *
     * @param ignore go on after an end token
     */
    public Builder ignoreEnd(boolean ignore) {
      ignoreEnd = ignore;
      return this;
    }

    /**
     * The request.
     *
     * @throws MixtureException.BadRequest if a sampling value is NaN or out of range
     */
    public Request build() {
      Request request = new Request(input, new Builder(this));
      // Merging with values that are right shows whether the request's own are.
      request.sampling(Sampling.GREEDY);
      return request;
    }
  }
}
