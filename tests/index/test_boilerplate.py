"""Boilerplate: the page's furniture is told from the news, and quotations stay."""

from __future__ import annotations

import pytest

from index.boilerplate import boilerplate_lines
from index.lines import paragraphs
from index.split import split

FURNITURE = """
Jane Doe and John Roe contributed to the report.
AP writers in Port Town contributed to the story.
Harbour Wire Network reporter Jane Doe contributed to the story.
This article is republished from The Harbour Wire under a licence.
Advertisement - Article continues below
JavaScript is not available.
Staff Writer
Provided to Harbour Wire
Jerusalem and Port Town HW —
Support quality journalism like this?
Please support local journalism by subscribing to the Harbour Wire
Consider supporting our journalism and become a Harbour Wire subscriber today.
Help us continue this important work by subscribing to the Harbour Wire.
Never miss a story: Subscribe to the Harbour Wire.
Just for subscribers:
Send her an email at jane@example.org or follow along with her days at sea
Want to send Jane a note? Shoot her an email at jane@example.org.
Send your questions here .
Message us on WhatsApp about what you see: +1 555-0100
LISTEN TO OUR PODCAST
Prefer to listen?
Hit play on the player above to hear the podcast and follow along with the transcript below.
Thanks for listening to Harbour Talk. You can find us every morning.
Take our weekly news quiz
River coverage at the Harbour Wire is made possible in part by a grant from the Mill Fund.
The Mill Fund does not provide editorial input.
Read the full story.
Here's an in-depth explanation .
Want this news in your inbox every night?
Connect with this reporter: Jane Doe on Twitter
Our recommendations are independently chosen by our editors.
Check out the Harbour Talk podcast:
The views and opinions expressed in this column are the author’s and do not necessarily reflect those of the Harbour Wire.
https://example.org/story/2026/dam
Ultimate news theme for WordPress.
A free responsive blog theme for WordPress
Proudly powered by WordPress
Powered by Paper Lantern
Just another WordPress site
Theme by Paper Lantern Studio
Skip to content
Home
World
Menu
Log in
Search
Follow us
Follow us on Facebook and Twitter
Follow the Harbour Ledger on Twitter for more
Like us on Facebook
Share
Share this article
Share on WhatsApp
Tweet
Copy link
Print this page
Don't be shy, get in touch. We like people with a story to tell and are always making new friends.
Don’t be shy, get in touch.
Most popular
Most read
Trending now
Editor's picks
You may also like
Recommended for you
Related stories
Related articles
Read more
Read More
Read more: Why the gates matter
READ ALSO: Who pays for the ferry
See also: The ferry that never sailed
MORE: Gates, dams and weirs explained
Advertisement
ADVERTISEMENT
Story continues below advertisement
Scroll to continue
How relevant is this ad to you?
Did you encounter any technical issues?
Anzeige
Sponsored content
Stay connected: Subscribe to our daily note on the river
View more opinion on the Harbour Ledger.
Jane Doe has rowed for nine years. She teaches history. The views expressed here are solely the author's own.
This story and its headline have been updated with further developments.
(The Ledger's Jane Doe contributed to this section.)
To keep up with the river, sign up for the Ledger's newsletter.
Sign up for Harbour News, a weekly dispatch from the quays.
For more on the river, click here.
Visit ledger.example for more on rowing.
She tweets @janedoe.
If you or someone you know needs a bed tonight, call 555 0100.
[ Want more on this story? Download our app for the latest ]
Get more harbour news by listening to our podcasts
Sign up for our newsletter
Sign up to our daily briefing and never miss a story.
Sign up here to get the day's stories in your inbox.
Subscribe to our newsletter for weekly updates
Subscribe now
Get the morning briefing delivered to your inbox
Get our free weekly newsletter
Enter your email address
You can unsubscribe at any time.
We use cookies to give you the best experience on our website.
This website uses cookies.
By continuing to use this site you agree to our cookies policy and terms.
Accept all cookies
Manage preferences
© 2019 The Harbour Ledger
© 2019 The Harbour Ledger. All rights reserved.
Copyright 2019 Northern Courier. All rights reserved.
All rights reserved. This material may not be published, broadcast, rewritten or redistributed.
Privacy policy
Terms of use
Leave a comment
12 comments
Be the first to comment
Join the conversation
3 min read
5 hours ago
Tags: harbour, fire, port
Filed under: Harbour
By City desk
Published 3 May 2019
Last updated: 3 May 2019, 14:20
Posted on March 23, 2019
Additional reporting by the night desk
Reporting by the Paris desk; editing by the night desk
This story has been updated with additional details.
This article first appeared in the Northern Courier.
Support independent journalism.
Thank you for reading the Harbour Ledger.
Would you like to receive our newsletter?
Click here to read more
Download our free app
Please enable JavaScript to watch this video
LONDON —
* * *
________
Photograph: Getty Images
Photo credit: Harbour Wire
Credit: Harbour Wire
Photo by Jane Doe
(Photo by Jane DOE / AFP) (Photo by JANE DOE/AFP via Getty Images)
Jane Doe/Harbour Wire
Jane Doe/Pool/Getty Images
courtesy Jane Doe
The Associated Press
jane.doe@harbourledger.example
Email: jane.doe@harbourledger.example
Twitter: @janedoe
Follow Jane Doe on Twitter: @JaneDoe.
Follow Jane Doe @janedoe.
Contact Jane Doe at (555) 555-0100.
You can reach her at jane.doe@harbourledger.example.
By The Associated Press.
Jane Doe and John Roe in Port Town contributed to this report.
JUST WATCHED Dam holds as the river rises Replay More Videos ... MUST WATCH Dam holds as the river rises 02:11
Editor’s Note: Jane Doe is a professor of rivers in Port Town. The views expressed in this commentary are her own.
Editor's note: A version of this story first appeared in our River newsletter.
The opinions expressed in this commentary are her own.
Read more opinion at the Harbour Ledger.
Check out more pictures here.
Follow the latest on the flood here.
(Click here to watch)
(Read more about what moved the engineers and who pays for it here.)
(You can get “Five Rivers” delivered to your inbox daily. Sign up here.)
For more stories of rivers, sign up to the weekly Upstream newsletter.
More harbour news: https://harbour.example/news
Gallery: The flood in pictures
HIGH WATER:What the engineers knew
High water:Could the dam have burst? What we know
Learn more:Who pays for the ferry? And when? Here's what we know.
'It was close':Ferrymen tell of the flood
HIGH WATER RISES: Ten towns that were spared by the flood
Our fact-check work is supported in part by a grant from the river board.
Harbour Wire is a Northern Courier content partner offering news of the coast. Its content is produced independently.
In pictures: The river rises
Share your thoughts with the Harbour Ledger
Are you afraid of the flood? Share your story on the form below.
The Harbour Ledger wants to know how you fared.
If you don't see the form, click here.
To see why dams break, check out this interactive from our river desk.
Who owns the ferry?:The man behind the harbour
You agree to the processing, storage, sharing and use of this information for the purpose of managing your subscription.
"""

NEWS = """
Send me a note, he told his aides before the vote on the dam.
Contact us about the missing barge, the harbour police urged residents on Monday.
Help us continue this work, the lifeboat crew asked donors on Tuesday.
Thank you for listening to our worries about the dam.
This story was adapted from a novel about the flood and won two prizes.
Mobile phone coverage in the hills is funded by government grants worth five million.
These products are carefully selected by inspectors at the border.
To access the site, a thief needs a subscriber number that is still in use.
The views expressed in this letter do not necessarily reflect those of the ministry.
By Jane Doe
Reporters from nine towns came to the port.
Support for independent journalism fell by a third, the survey found.
Support journalists who were hurt, the fund was told by its founder, and it did.
Help us was the last thing that the crew said on the radio.
Message us on time and we would have come, the coast guard told the inquiry.
Send questions to the council and it takes a month to answer, residents say.
River coverage at the port is supported by nine new radars.
Health coverage in the county is funded by a tax on hotels.
Health coverage of poor children is funded by grants from the Ministry of Rivers.
More than 200 scientists contributed to the report.
Dozens of engineers from 40 towns contributed to the report.
The Harbour Bank and nine mills contributed to the report.
The state does not provide input to the county's plan.
Read the full Bible in a year, the pastor told them, and they did.
Here's an apple for the teacher, the boy had written on the wall.
Take our boats and we take your nets, the fishermen shouted.
Thanks for listening was all the senator had to say after nine hours of debate.
Never miss a story was his rule, and he kept to it for forty years.
The views expressed in this vote will bind nobody.
“Follow us,” the guide told the children, and they ran.
“Follow us!” the soldiers shouted from the roof.
Follow us or die, the militants told the villagers, who had no choice.
The party wants voters to follow us into the new century, the leader said.
The president has more followers on Twitter than any other leader.
The minister announced his resignation on Twitter on Sunday.
The spokesman wrote on Twitter that the village had been freed.
Home prices fell for the third month in a row.
World leaders met in Geneva on Monday.
Search teams found nothing in the tunnels.
Sport is banned in the camp, two women said.
Share prices fell by three per cent.
Share the bread, the old man told them, and they shared it.
Shares in the company rose after the announcement.
Tweets by the ministry were deleted within the hour.
Most popular uprisings fail, the historian argues.
Most read the letter twice before they believed it.
Trending downward since May, the price of oil reached a new low.
Related charges against two officers were dropped.
Related families were kept in the same tent.
Read more slowly, the judge told the clerk.
Reading the list of names took two hours.
See also how the river has moved since 1914, the engineer told the committee.
More than 1,000 people left the village on Tuesday.
More: the word was all that the boy would say.
Advertisement of tobacco has been banned since 2003.
Advertisers have left the platform in large numbers.
Sign up for the army or leave: that was the choice given to the men of the valley.
Signing up took her three weeks and four letters.
Subscribers to the newspaper were told of its end by letter.
The newspaper will end its newsletter and close its office, it said.
The newsletter of the parish had warned of the flood.
Get out of the city, the mayor told residents.
Get rid of the tax and the farmers will go home, the union says.
Cookies were handed to the children at the border.
Cookie factories in the region have closed.
The regulator fined the firm over its use of cookies on the site.
Copyright law has not kept pace, the court said.
The court held that copyright had expired in 1998.
All rights were reserved for the sons, and the daughters got nothing.
Contact with the crew was lost at noon.
Contact tracing began on Monday.
Email traffic between the ministries shows that they knew.
Reach for the sky was the motto of the squadron.
Comments by the general angered the ministry.
Leave a light on, the song says, and thousands did.
Comment is free, but facts are sacred, an editor once wrote.
By Friday the village had fallen.
By the end of March nobody was left.
By our count, 40 houses were destroyed.
Published in 1914, the book was forgotten within a year.
Published figures show a fall in exports.
Posted to the border in 2012, the unit never came home.
Updated figures are due on Tuesday.
Last year the river froze.
Reporting by the commission was late and incomplete.
Additional troops were sent to the border on Monday.
Editing by the censors had removed every date.
This story has been told in the valley for a century.
This article of the treaty has never been used.
Support for the government has fallen.
Thank you for nothing, one banner read.
Thank you for coming, the mayor told the crowd, and sat down.
Please leave by the rear door, the sign said.
Click by click the lock gave way.
Download speeds in the north are the lowest in the country.
Menus were printed in three languages.
Video of the strike was shown in court.
Video: the word stood on every form, a clerk said, but nobody had a camera.
Photos of the missing hung on the fence.
Photographs show a crater by the school.
Images from the village showed a yellow flag on a roof.
Pictures of the leader were taken down at night.
Map in hand, the officer walked ahead.
File after file was carried out of the building.
Files found in the tunnel name 400 fighters.
The archive photo shows a different street, the court heard.
Tags on the bodies gave only numbers.
Topics discussed included the camps and the prisoners.
Loading the ships took nine days.
Listen to the people, the bishop said.
Play stopped at noon.
Watch towers stand along the fence.
Latest figures show 12 dead.
Latest in a line of kings, he had no army.
Top officials resigned in December.
Recommended doses were exceeded in two cases.
Join us, the militants told the boys of the village.
Like us, they had nowhere to go.
Like us, on Facebook they read that the war was over.
Popular anger grew.
Privacy is a right, the court said.
Jobs are scarce in the north.
Travel was banned for a week.
Health workers were the first to leave.
Science has no answer yet.
Weather hampered the search.
Opinion is divided.
Politics is a dirty trade, she liked to say.
Business was slow.
Music was forbidden under the militants.
You are here to work, the guards told them.
If you want to leave, leave now, the loudspeakers said.
We use what we have, a nurse explained.
Our journalism teacher was the first to be arrested, the students said.
Get well, the card said, and it was signed by the whole team, who had read the news in their inbox.
Also on Tuesday: the council is to vote on the bridge, and the union on the strike.
Powered by the wind alone, the ship took nine weeks.
The two senators each announced it on Twitter Sunday.
Also in the boat were: a priest, two sailors and a goat.
End of territory does not mean the end of the group
Dam holds as river reaches record height
What the engineers feared
A long list of closures
Thousands flee as last village falls
Jane Doe/John Roe was the ticket that nobody wanted.
Contact the harbour office at 555 0100 before you set out.
Follow the river to the sea and you will find them, he said.
Editor's note: Three people named here have died since the dam burst.
The opinions of the engineers were never asked for.
Read more than the first page, she told the court.
See the river from here and you will understand, the ferryman said.
Watch what they do there, and not what they say.
More than one rule was broken: https was not among them.
The committee heard three things: Money was short, time was shorter, and nobody had asked.
WINNER: Jane Doe of the rowing club of Port Town
MONDAY: Market day in the harbour square
Q:What did the engineers know? A:More than they said.
You can follow the river for nine miles before it bends.
The gallery: a long room with nine windows and no door.
The Associated Press was told of it on Monday.
Harbour towns have contributed to this report card of theirs for years, the mayor said, and nobody read it.
He agreed to the processing of the fish.
Twitter: the word meant nothing to her.
Share your bread and your story, the old man told them, and they did.
In pictures of the flood a yellow flag is seen on a roof.
To see the dam, visit the valley before the snow comes, the guide says.
The ministry wants to know how the dam broke.
Who owns the ferry? Nobody in the harbour could say.
Stay in touch with the shore: join hands, the captain said.
The views expressed here and there in the valley were those of tired people.
“The views expressed in this film are those of the author,” the harbour’s speaker said, and left.
The bank said the views expressed in this report are those of its author.
She tweets more than she rows, her coach said.
For more than nine hours, the boats went back and forth to bring them here.
If you or someone you know has ever rowed at night, you will understand, he said.
He did not view more news than he had to.
The posts along the river have been updated where the flood took them.
He told them to download the harbour's app before they set out.
"""

CAPTIONS = """
Photo: Smoke over the harbour on Tuesday morning
Picture: A closed bridge in the north of the city
Image caption The harbour was closed for nine hours
Image copyright Reuters
Media caption The bridge was closed on Friday
FILE - In this March 3, 2019 photo, a tanker enters the harbour. (AP Photo)
FILE PHOTO: A tanker enters the harbour
File photo of the harbour
Foto: Der Hafen am Dienstag
A tanker enters the harbour on Tuesday (Photo: Harbour Wire)
Smoke rises over the harbour. (AP Photo)
A tanker in the harbour. [Getty Images]
Caption: Smoke over the harbour
"""


def marks(text: str) -> list[str | None]:
    return list(boilerplate_lines(text, paragraphs(text)))


def lines(text: str) -> list[str]:
    return text.strip().split("\n")


@pytest.mark.parametrize("line", lines(FURNITURE))
def test_furniture_is_boilerplate_wherever_it_stands(line: str) -> None:
    assert marks(f"The dam held.\n\n{line}\n\nNobody was hurt.") == [None, "boilerplate", None]


@pytest.mark.parametrize("line", lines(NEWS))
def test_news_is_kept_whatever_word_it_begins_with(line: str) -> None:
    assert marks(f"The dam held.\n\n{line}\n\nNobody was hurt.") == [None, None, None]


@pytest.mark.parametrize("line", lines(CAPTIONS))
def test_captions_are_told_from_sentences(line: str) -> None:
    assert marks(f"The dam held.\n\n{line}\n\nNobody was hurt.") == [None, "caption", None]


def test_a_tail_of_links_goes_with_its_head() -> None:
    text = "The dam held.\n\nMost popular\n\nFive ways to cook a carp\n\nWho owns the ferry?"
    assert marks(text) == [None, "boilerplate", "boilerplate", "boilerplate"]


def test_names_before_the_text_are_its_authors_unless_the_title_speaks_of_them() -> None:
    """Without a title nothing tells a name from a heading."""
    text = "Jane Doe\n\nThe Port Town Press\n\nThe dam held on Monday.\n\nJohn Roe\n\nHe stayed."
    assert _kept(text, "Dam holds") == ["The dam held on Monday.", "John Roe", "He stayed."]
    assert _kept(text, "Why Jane Doe left")[0] == "Jane Doe"
    assert _kept(text, None)[0] == "Jane Doe"
    assert _kept("BRIDGES CLOSED\n\nNobody knows why.", "Two bridges") == ["BRIDGES CLOSED", "Nobody knows why."]


def test_who_signs_a_report_is_furniture_and_who_spoke_is_not() -> None:
    assert _kept("The dam held.\n\n— Jane Doe, Harbour Press") == ["The dam held."]
    assert _kept("“The dam held.”\n\n— Jane Doe") == ["“The dam held.”", "— Jane Doe"]


def test_furniture_inside_a_paragraph_goes_and_its_neighbours_stay() -> None:
    text = "A ferry leaves the harbour on Tuesday. Jane Doe/Harbour Wire\n\nThe dam held. Read more about it here. Nobody was hurt."
    assert _kept(text) == ["A ferry leaves the harbour on Tuesday.", "The dam held.", "Nobody was hurt."]
    assert _kept("“The dam held. Read more about it here,” he said.") == [
        "“The dam held. Read more about it here,” he said."
    ]


def test_who_signs_what_is_no_quotation_is_who_wrote_it_after_quotations_too() -> None:
    text = "The dam held.\n\n– Jane Doe\n\n“It is full.”\n\n– Jane Doe\n\n“It leaks.”\n\n– John Roe"
    assert marks(text) == [None, "boilerplate", None, "boilerplate", None, None]


def test_writers_who_sign_together_are_known_from_what_they_sign_alone() -> None:
    text = "The dam held.\n\n-– Jane Doe\n\n“It is full.”\n\n-- Jane Doe and John Roe\n\n“It leaks.”\n\n— Mary Major"
    assert marks(text) == [None, "boilerplate", None, "boilerplate", None, None]


def test_links_under_read_more_go_and_the_news_after_them_stays() -> None:
    text = (
        "The dam held.\n\nREAD MORE:\n\nWhat the engineers feared most?\n\nHow the river came to the town\n\n"
        "The mayor spoke.\n\nWhere the water went in the night"
    )
    assert marks(text)[:5] == [None, *["boilerplate"] * 3, None]
    assert marks("The dam held.\n\nMore:\n\nWhat will become of the town?\n\nNobody knows.")[2] is None


def test_read_more_at_the_end_of_a_paragraph_goes_alone() -> None:
    assert [one.kind for one in split("The dam held. Nobody was hurt. Read more")][1:] == ["sentence", "boilerplate"]


def test_addresses_of_pages_are_furniture_inside_a_paragraph() -> None:
    text = "The dam held. https://example.org/dam https://example.org/port\n\nSee more of it."
    assert [one.kind for one in split(text)] == ["sentence", "boilerplate", "sentence"]


def test_an_agency_behind_a_caption_is_its_credit() -> None:
    assert [one.kind for one in split("The dam at noon on Monday.\nAP")][-1] == "boilerplate"
    text = "Boats lie in the square of Port Town. Reuters"
    assert [one.kind for one in split(text)] == ["sentence", "boilerplate"]


def test_what_was_paid_for_goes_to_the_end_of_the_page() -> None:
    text = (
        "The dam held.\n\nSponsor content: Ten dams we like\n\nWhen Jane Doe speaks of dams, listen.\n\nShe owns two."
    )
    assert _kept(text) == ["The dam held."]


@pytest.mark.parametrize(
    "line",
    ["Aa/ " * 100, "Aa, Aa via Aa for " * 20, "— " + "Aa, " * 20 + "1", "• " * 600 + "A:", "A/" * 200, "a@" * 200, "- " * 600,
     "Editor’s Note: " + "is the opinions expressed " * 40, "(photo by " * 40, "Aa and " * 50, "see " + "a " * 200, "hide caption 1 of 1 " + "hide caption " * 900, "prev next " * 900,
     "Aa: " * 40, "aaaa. A" * 24, "A.A." * 40, "Aa Aa and " * 40 + "is", "Aa, " * 99 + "contributed x", "a coverage at " * 30, "aaaa " * 60 + "? Here’s"],
)  # fmt: skip
def test_no_line_keeps_the_rules_busy(line: str) -> None:
    """A rule that can match in many ways would not come to an end on some of these within the tests' time limit."""
    assert len(marks(f"The dam held.\n\n{line.strip()}\n\nNobody was hurt.")) == 3


def _kept(text: str, title: str | None = None) -> list[str]:
    return [piece.text for piece in split(text, title) if piece.kind != "boilerplate"]


HEADLINES = """
The gates of spring: Ten things that engineers wish they had known
'It was a long night': Rowers, bakers and one goat tell their side
What do carp eat? Here is how to keep yours well in winter
Carp is out for good. Here are four fish that you should eat instead
"""


@pytest.mark.parametrize("line", lines(HEADLINES))
def test_other_articles_headlines_that_stand_bare_go_where_what_comes_next_speaks_of_something_else(line: str) -> None:
    """On a page that leads to others anyway, and only without what would make them a heading."""
    leads, text = "More:Who owns the ferry", "The council met on Monday.\n\n{}\n\nThe mayor spoke for an hour.\n\n{}"
    assert marks(text.format(line, leads)) == [None, "boilerplate", None, "boilerplate"]
    assert marks(text.format(line, "She left at noon.")) == [None, None, None, None]


@pytest.mark.parametrize(
    "line",
    [
        "Worried about the dam? Share your thoughts with the Wire",
        "Questions about the dam? Who must leave and how to get help",
        "The dam is nearly full. Here's what the engineers fear most",
    ],
)
def test_a_bare_line_that_asks_and_leads_on_goes_whatever_stands_next_to_it(line: str) -> None:
    """No other link on the page, and the same words in what follows."""
    text = f"The council met on Monday.\n\n{line}\n\nThe dam is full, and the engineers share the thoughts of those who must leave."
    assert marks(text) == [None, "boilerplate", None]


@pytest.mark.parametrize(
    "line",
    [
        "The engineers who looked after the dam for nine years went home in the night. Here's what they left behind",
        "What is the dam for?",
        "Is the dam full? The mayor says that it is.",
        "Who is the keeper of the dam? Here's more about her full house",
    ],
)
def test_news_that_lost_its_full_stop_and_questions_with_answers_stay(line: str) -> None:
    assert marks(f"The council met on Monday.\n\n{line}\n\nThe keeper of the dam is full of fear.") == [
        None,
        None,
        None,
    ]


def test_a_question_to_the_reader_goes_with_the_call_it_leads_to_and_a_question_of_the_text_stays() -> None:
    asked = split("The dam held. Are you a nurse at the port? Message us on WhatsApp: +1 555-0100.")
    assert [one.kind for one in asked] == ["sentence", "boilerplate", "boilerplate"]
    told = split("The dam held. How would such a plan work? Read the full story.")
    assert [one.kind for one in told] == ["sentence", "sentence", "boilerplate"]


def test_a_paragraph_that_offers_what_else_the_outlet_has_goes_whole_and_one_of_news_stays() -> None:
    offer = "Something new is here, and you'll love it! Our show starts today. It brings you all of the river. "
    assert {one.kind for one in split(offer + "Click here to learn more about the show.")} == {"boilerplate"}
    news = "The dam held. The port opened. Click here to learn more about the show."
    assert [one.kind for one in split(news)] == ["sentence", "sentence", "boilerplate"]
    film = "You can see the film today! You will find it in your town. Click here to view it."
    assert [one.kind for one in split(film)] == ["sentence", "sentence", "boilerplate"]


def test_a_heading_over_what_speaks_of_the_same_stays() -> None:
    heading = "The gates of spring: Ten things that engineers wish they had known"
    text = (
        f"The dam held.\n\n{heading}\n\nTen engineers were asked, and each wished for more.\n\nMore:Who owns the ferry"
    )
    assert marks(text) == [None, None, None, "boilerplate"]


def test_a_bare_line_before_a_link_or_at_the_end_of_a_page_with_links_is_one() -> None:
    text = "The dam held.\n\nSix towns look back at a wet year\n\nMore:Who owns the ferry\n\nNobody was hurt.\n\n{}"
    ending = "Ferry owners ask the court for one more summer"
    assert marks(text.format(ending)) == [None, "boilerplate", "boilerplate", None, "boilerplate"]
    assert marks(text.format("The owners of the ferry were asked to come and speak of")) == [None, *["boilerplate"] * 2, None, None]  # fmt: skip
    assert marks(text.format("Who came")) == [None, *["boilerplate"] * 2, None, None]


@pytest.mark.parametrize(
    "line",
    [
        "»Wir haben die ganze Nacht auf dem Deich gestanden und gewartet.«",
        "बाँध सोमवार को रात भर टूटा नहीं और सब लोग बच गए।",
    ],
)
def test_what_ends_as_sentences_do_in_its_own_script_stays_before_a_link(line: str) -> None:
    assert marks(f"The dam held.\n\n{line}\n\nMore:Who owns the ferry") == [None, None, "boilerplate"]


def test_lists_stay_on_a_page_that_leads_to_others() -> None:
    """Bare lines in a row, labels that come again, places with numbers, days, matches."""
    rows = ["Harbour Hall: The Big Room With the Nine Windows", "Mill Street: The Room With a View of Boats", "Quay: One Shed and a Small Tent for Guests"]  # fmt: skip
    books = "Author: One Who Wrote of Rivers and of Rain\n\nA book of rain.\n\nAuthor: One Who Wrote of Towns and of Trains\n\nA book."
    single = ["Port Town: The Old Mill Shopping Hall and Market, 17 Mill Road", "Dec. 13: Rowers come home after nine weeks at sea", "► Dec. 13: Rowers come home after nine weeks at sea", "Final: The Rowers of Port Town vs. Those of Mill Town"]  # fmt: skip
    for body in ("\n\n".join(rows), books, *single):
        page = f"The council met.\n\n{body}\n\nThe mayor spoke.\n\nMore:Who owns the ferry"
        assert marks(page)[1:-2] == [None] * (len(marks(page)) - 3)


def test_a_gallery_in_one_paragraph_is_captions_however_long() -> None:
    numbered = " ".join(
        f"Hide Caption {i} of 40 Photos: The flood A boat lies in the square of Port Town." for i in range(1, 41)
    )
    credited = "Jane Doe/Harbour Wire A boat lies in the square. The water came at night. Photos of the flood Prev Next"
    for gallery in (numbered, credited):
        kinds = {piece.kind for piece in split(f"The dam held.\n\n{gallery}\n\nNobody was hurt.")[1:-1]}
        assert "sentence" not in kinds
    assert marks("The dam held. The guide told them to hide caption 1 of 2, he said.") == [None]


def test_news_after_a_share_button_is_not_its_tail() -> None:
    text = "Share\n\nDam holds as river rises\n\nThe dam held on Monday."
    assert marks(text) == ["boilerplate", None, None]


def test_running_text_that_mentions_a_newsletter_is_too_long_to_be_furniture() -> None:
    text = "Sign up for our newsletter, the party wrote to its members. " * 9
    assert marks(text) == [None]


def test_a_page_between_menu_and_tail_keeps_its_news_and_headings() -> None:
    text = (
        "A fine magazine theme for WordPress.\n\nDam holds\n\nThe dam held on Monday.\n\nWhy the gates matter\n\n"
        "There are six.\n\nFollow us\n\nDon't be shy, get in touch. We love meeting people and making friends.\n\n"
        "Most popular"
    )
    kinds = [piece.kind for piece in split(text)]
    assert kinds == ["boilerplate", "heading", "sentence", "heading", "sentence", *["boilerplate"] * 3]


def test_furniture_that_is_to_be_kept_is_split_as_any_other_text() -> None:
    """No piece is boilerplate then; what was none stays as it was, captions too."""
    text = (
        "Dam holds\n\nThe dam held on Monday. Nobody was hurt.\n\nSign up for our newsletter. We write every day.\n\n"
        "Photo: The dam at noon.\n\nFollow us"
    )
    kept = split(text, keep_boilerplate=True)
    assert [(piece.text, piece.kind) for piece in kept] == [
        ("Dam holds", "heading"),
        ("The dam held on Monday.", "sentence"),
        ("Nobody was hurt.", "sentence"),
        ("Sign up for our newsletter.", "sentence"),
        ("We write every day.", "sentence"),
        ("Photo: The dam at noon.", "caption"),
        ("Follow us", "heading"),
    ]
    left = [piece for piece in split(text) if piece.kind != "boilerplate"]
    assert [piece for piece in kept if piece in left] == left
