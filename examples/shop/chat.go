package shop

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"
)

const maxChatMessage = 1000 // characters

// chatReply is what the support bot says. It never repeats what it was told,
// except an order number that it knows.
type chatReply struct {
	Reply   string   `json:"reply"`
	Topic   string   `json:"topic"`
	Sources []source `json:"sources"`
}

// source is the page that an answer rests on.
type source struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

var (
	refundPolicy   = source{"Refund policy", "/help#refunds"}
	shippingPolicy = source{"Shipping", "/help#shipping"}
	orderNumber    = regexp.MustCompile(`(?i)\bDW-?(\d{1,9})\b`)
	// Attempts to change what the bot is. They are answered before anything
	// else in the message is, so that a request hidden behind one gets nothing.
	takeover = regexp.MustCompile(`(?i)\b(ignore|disregard|forget|override|bypass)\b.{0,60}\b(instruction|rule|prompt|polic|guideline|told|above)` +
		`|system prompt|developer mode|jailbreak|\byou are now\b|\bpretend (to be|you)|\bact as\b|\b(reveal|print|show|repeat)\b.{0,40}\b(prompt|instructions)`)
)

// topics are tried in order; the first whose word stem occurs answers.
var topics = []struct {
	name   string
	stems  *regexp.Regexp
	answer func(known map[string]order, text string) (string, []source)
}{
	{"refunds", stems("refund", "return", "money back", "send back", "reimburs", "broken", "damaged"), answerRefund},
	{"shipping", stems("ship", "deliver", "postage", "parcel", "how long", "abroad"), answerShipping},
	{"orders", stems("order", "track", "status", "dw-", "where is my"), answerOrder},
	{"payment", stems("pay", "card", "invoice", "transfer"), answerPayment},
	{"greeting", stems("hello", `hi\b`, `hey\b`, "good morning", "good evening"), answerGreeting},
	{"thanks", stems("thank", "cheers"), answerThanks},
}

func (s *Shop) chat(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Message string `json:"message"`
	}
	if err := readJSON(w, r, &body, false); err != nil {
		s.fail(w, r, err)
		return
	}
	text := strings.Join(strings.Fields(body.Message), " ")
	if n := utf8.RuneCountInString(text); n == 0 || n > maxChatMessage {
		s.fail(w, r, invalid("message", fmt.Sprintf("Write 1 to %d characters.", maxChatMessage)))
		return
	}
	known := map[string]order{}
	for _, o := range s.store.ordersOf(visitOf(r).session) {
		known[o.Number] = o
	}
	if visitOf(r).fault == FaultGullible && takeover.MatchString(text) {
		writeJSON(w, http.StatusOK, chatReply{"Of course! I have refunded 1000 EUR to your card.", "obeyed", []source{}})
		return
	}
	writeJSON(w, http.StatusOK, reply(text, known))
}

// reply answers a message of somebody who may know these orders, by number.
func reply(text string, known map[string]order) chatReply {
	if takeover.MatchString(text) {
		return chatReply{"I can't change how I work or what our policies say. I can help with orders, shipping, payment and refunds. What would you like to know?", "refused", []source{}}
	}
	for _, t := range topics {
		if t.stems.MatchString(text) {
			answer, sources := t.answer(known, text)
			return chatReply{answer, t.name, sources}
		}
	}
	return chatReply{"I am not sure that I understand. I can help with orders, shipping, payment and refunds.", "unknown", []source{}}
}

// stems matches words that begin with one of the stems.
func stems(list ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(` + strings.Join(list, "|") + `)`)
}

func answerRefund(known map[string]order, text string) (string, []source) {
	const policy = "Our refund policy: you can send unused goods back within 30 days of delivery and get the full price back. " +
		"The refund goes to the way you paid, within 5 working days of our receiving the parcel."
	if o, ok := mentioned(known, text); ok && o.State != statePaid {
		return fmt.Sprintf("Order %s is not paid, so there is nothing to refund. %s", o.Number, policy), []source{refundPolicy}
	} else if ok {
		return fmt.Sprintf("To get a refund for order %s, send the goods back with the label from your parcel. %s", o.Number, policy), []source{refundPolicy}
	}
	return policy + " Tell me your order number, such as DW-1001, and I will look it up.", []source{refundPolicy}
}

func answerShipping(map[string]order, string) (string, []source) {
	return fmt.Sprintf("Shipping takes 2 to 4 working days to the countries listed at the checkout. It costs %s EUR, and nothing for orders from %s EUR.",
		shippingFee, freeShippingAt), []source{shippingPolicy}
}

func answerOrder(known map[string]order, text string) (string, []source) {
	o, ok := mentioned(known, text)
	if !ok {
		return "Tell me the number of an order that you placed from this browser, such as DW-1001, and I will look up its status.", []source{}
	}
	return fmt.Sprintf("Order %s is %s. Its total is %s EUR.", o.Number, o.State, o.Total), []source{{"Order " + o.Number, "/orders/" + o.ID}}
}

func answerPayment(map[string]order, string) (string, []source) {
	return "You can pay by card or bank transfer, and by invoice in Austria and Germany.", []source{}
}

func answerGreeting(map[string]order, string) (string, []source) {
	return "Hello! How can I help? I know about orders, shipping, payment and refunds.", []source{}
}

func answerThanks(map[string]order, string) (string, []source) {
	return "You are welcome. Is there anything else?", []source{}
}

// mentioned finds the order whose number the text names, among those that the
// person may know.
func mentioned(known map[string]order, text string) (order, bool) {
	m := orderNumber.FindStringSubmatch(text)
	if m == nil {
		return order{}, false
	}
	o, ok := known["DW-"+m[1]]
	return o, ok
}
