package shop

// assortment is what the shop sells, in the order in which it is shown.
func assortment() []product {
	const (
		kitchen = "Kitchen"
		drinks  = "Tea & coffee"
		home    = "Home"
		paper   = "Paper"
	)
	return []product{
		{SKU: "MUG-01", Name: "Stoneware mug, moss", Category: kitchen, Price: 1600, InStock: true, Rating: 4.8, motif: "mug", colour: "#5b7553", backdrop: "#e9eee2",
			Summary: "Hand-thrown, holds 350 ml", Description: "Thrown and glazed by hand in a two-person pottery. The handle has room for all four fingers, the foot is polished so that it never scratches a table."},
		{SKU: "POT-01", Name: "Teapot, harbour blue", Category: kitchen, Price: 4850, InStock: true, Rating: 4.7, motif: "teapot", colour: "#33658a", backdrop: "#e1ebf2",
			Summary: "1.1 litres, with a fine sieve", Description: "A pot for four cups with a spout that does not drip. The steel sieve lifts out, so the last cup is never bitter."},
		{SKU: "TEA-01", Name: "Earl Grey, loose leaf", Category: drinks, Price: 995, InStock: true, Rating: 4.9, motif: "tin", colour: "#b5652f", backdrop: "#f6e8dc",
			Summary: "Ceylon with real bergamot, 100 g", Description: "Whole leaves from a single garden, scented with the oil of fresh bergamot and nothing else. One tin makes about forty cups."},
		{SKU: "CAN-01", Name: "Beeswax candle, tall", Category: home, Price: 745, InStock: true, Rating: 4.6, motif: "candle", colour: "#d99a2b", backdrop: "#fbf0d9",
			Summary: "Burns for 30 hours", Description: "Pure beeswax with a cotton wick. It burns with a quiet flame and smells faintly of honey."},
		{SKU: "NOT-01", Name: "Dotted notebook, A5", Category: paper, Price: 1450, InStock: true, Rating: 4.7, motif: "notebook", colour: "#7d4e57", backdrop: "#f2e4e6",
			Summary: "160 pages that lie flat", Description: "Thread-sewn, so it opens flat on the first page and on the last. The paper takes a fountain pen without a shadow."},
		{SKU: "KET-01", Name: "Pour-over kettle", Category: drinks, Price: 6900, InStock: true, Rating: 4.5, motif: "kettle", colour: "#39424e", backdrop: "#e6e9ec",
			Summary: "Slow spout, 900 ml", Description: "A thin spout for a thin stream. Works on gas, induction and an open fire."},
		{SKU: "PLA-01", Name: "Pot plant, pilea", Category: home, Price: 1890, InStock: true, Rating: 4.4, motif: "plant", colour: "#3c7a57", backdrop: "#e0f0e6",
			Summary: "In a clay pot, 25 cm", Description: "Round leaves, modest wishes: light, a little water, a turn every week. Comes in its clay pot."},
		{SKU: "BLA-01", Name: "Wool blanket, heather", Category: home, Price: 8900, InStock: true, Rating: 4.9, motif: "blanket", colour: "#86608e", backdrop: "#efe5f1",
			Summary: "130 × 200 cm, new wool", Description: "Woven from new wool, washed soft, finished with a fringe by hand. Warm without weight."},
		{SKU: "MUG-02", Name: "Stoneware mug, clay", Category: kitchen, Price: 1600, InStock: true, Rating: 4.6, motif: "mug", colour: "#b4593c", backdrop: "#f7e5de",
			Summary: "Hand-thrown, holds 350 ml", Description: "The same mug in the colour of the clay it is made from, glazed inside and raw outside."},
		{SKU: "BOW-01", Name: "Breakfast bowl", Category: kitchen, Price: 1825, InStock: true, Rating: 4.5, motif: "bowl", colour: "#cf8d3c", backdrop: "#faeedb",
			Summary: "For porridge and soup, 600 ml", Description: "Deep enough for soup, wide enough for porridge with fruit. Goes into the oven and the dishwasher."},
		{SKU: "TEA-02", Name: "Rooibos with orange", Category: drinks, Price: 845, InStock: true, Rating: 4.3, motif: "tin", colour: "#a63d40", backdrop: "#f8e2e2",
			Summary: "Without caffeine, 120 g", Description: "Red bush from the Cederberg with peel of orange. For the evening, and for children."},
		{SKU: "PEN-01", Name: "Cedar pencils, set of six", Category: paper, Price: 695, InStock: true, Rating: 4.8, motif: "pencils", colour: "#e0a458", backdrop: "#f9efdf",
			Summary: "HB, 2B and 4B", Description: "Two each of HB, 2B and 4B in oiled cedar. They sharpen to a long point."},
		{SKU: "LAM-01", Name: "Reading lamp", Category: home, Price: 11900, InStock: true, Rating: 4.6, motif: "lamp", colour: "#2a6f6b", backdrop: "#dcefed",
			Summary: "Dims down to candlelight", Description: "One joint, one switch, a warm light that dims until it is almost a candle."},
		{SKU: "BAS-01", Name: "Willow basket", Category: home, Price: 3450, InStock: true, Rating: 4.4, motif: "basket", colour: "#a97c50", backdrop: "#f3e9dd",
			Summary: "For bread, wood or wool", Description: "Woven from unpeeled willow with a handle that carries a week's bread."},
		{SKU: "COF-01", Name: "House coffee, whole bean", Category: drinks, Price: 1295, InStock: true, Rating: 4.7, motif: "tin", colour: "#5a4033", backdrop: "#efe6e0",
			Summary: "Chocolate and hazelnut, 250 g", Description: "A medium roast from two farms. Tastes of chocolate and hazelnut, forgiving in any pot."},
		{SKU: "NOT-02", Name: "Pocket notebook, plain", Category: paper, Price: 850, InStock: true, Rating: 4.5, motif: "notebook", colour: "#41658a", backdrop: "#e3ebf3",
			Summary: "80 pages, fits a shirt", Description: "Thin enough to forget in a shirt pocket, strong enough to survive it."},
		{SKU: "POT-02", Name: "Teapot for one", Category: kitchen, Price: 2990, InStock: true, Rating: 4.2, motif: "teapot", colour: "#d07a6a", backdrop: "#fae7e3",
			Summary: "450 ml, sits on its cup", Description: "A small pot that stands on its own cup: one hand carries breakfast upstairs."},
		{SKU: "CAN-02", Name: "Sea-salt candle in glass", Category: home, Price: 1680, InStock: true, Rating: 4.1, motif: "candle", colour: "#4f8a8b", backdrop: "#e0efee",
			Summary: "Burns for 45 hours", Description: "Rapeseed wax with a little sage. The glass is a good tumbler when the candle is done."},
		{SKU: "KET-02", Name: "Stovetop kettle, cream", Category: kitchen, Price: 5450, InStock: false, Rating: 4.6, motif: "kettle", colour: "#bfae8e", backdrop: "#f5f0e5",
			Summary: "Enamel, 1.8 litres", Description: "Enamelled steel with a whistle that is a chord and not a scream. The next batch leaves the kiln in spring."},
		{SKU: "PLA-02", Name: "Herb pot, thyme", Category: kitchen, Price: 650, InStock: true, Rating: 4.3, motif: "plant", colour: "#6b8f3a", backdrop: "#edf3df",
			Summary: "Ready for the window sill", Description: "Thyme that has grown outside and knows weather. Cut it often; it thanks you."},
		{SKU: "BLA-02", Name: "Cotton throw, sand", Category: home, Price: 4950, InStock: true, Rating: 4.4, motif: "blanket", colour: "#c2a878", backdrop: "#f6f0e4",
			Summary: "140 × 180 cm, undyed", Description: "Undyed cotton in a waffle weave. Cool in summer, good in layers in winter."},
		{SKU: "BOW-02", Name: "Salad bowl, oak", Category: kitchen, Price: 5600, InStock: true, Rating: 4.7, motif: "bowl", colour: "#8c6239", backdrop: "#f1e7db",
			Summary: "Turned from one piece", Description: "Turned from one piece of local oak and oiled. Every bowl has its own grain."},
		{SKU: "PEN-02", Name: "Coloured pencils, twelve", Category: paper, Price: 2150, InStock: true, Rating: 4.8, motif: "pencils", colour: "#5f7adb", backdrop: "#e6eafa",
			Summary: "Soft, light-fast, in a tin", Description: "Twelve soft colours that mix like paint. The tin keeps the points."},
		{SKU: "LAM-02", Name: "Window lantern", Category: home, Price: 3900, InStock: true, Rating: 4.5, motif: "lamp", colour: "#c05746", backdrop: "#fae4e0",
			Summary: "A small light for the sill", Description: "A lantern that says that somebody is home. Runs for a week on one charge."},
	}
}
